with

subjects as (

    select
        cells.population,
        cells.scorecard_key,
        cells.criterion_key,
        count(*) as cell_count,
        cast(sum(cells.backtest_leads) as bigint) as backtest_leads,
        cast(sum(cells.compared_leads) as bigint) as compared_leads,
        sum(cells.backtest_sum) as backtest_sum,
        sum(cells.compared_sum) as compared_sum
    from {{ ref('int_performance__drift_cells') }} as cells
    group by cells.population, cells.scorecard_key, cells.criterion_key

),

-- Half a lead is added to each cell, so that an empty one has a logarithm: shares are (2 n + 1) / (2 all + cells).
cell_terms as (

    select
        cells.population,
        cells.scorecard_key,
        cells.criterion_key,
        (
            {{ scaled_up(rounded_ratio(
                '(2 * cells.compared_leads + 1)', '(2 * subjects.compared_leads + subjects.cell_count)', 9
            ), 9) }} - {{ scaled_up(rounded_ratio(
                '(2 * cells.backtest_leads + 1)', '(2 * subjects.backtest_leads + subjects.cell_count)', 9
            ), 9) }}
        ) * {{ scaled_up(log_of_ratio(
            'cast((2 * cells.compared_leads + 1) as ' ~ type_whole()
            ~ ') * (2 * subjects.backtest_leads + subjects.cell_count)',
            'cast((2 * cells.backtest_leads + 1) as ' ~ type_whole()
            ~ ') * (2 * subjects.compared_leads + subjects.cell_count)',
            9
        ), 9) }} as term
    from {{ ref('int_performance__drift_cells') }} as cells
    inner join subjects
        on
            cells.population = subjects.population
            and cells.scorecard_key = subjects.scorecard_key
            and cells.criterion_key is not distinct from subjects.criterion_key

),

term_sums as (

    select
        cell_terms.population,
        cell_terms.scorecard_key,
        cell_terms.criterion_key,
        sum(cell_terms.term) as term_sum
    from cell_terms
    group by cell_terms.population, cell_terms.scorecard_key, cell_terms.criterion_key

),

indexed_subjects as (

    select
        subjects.population,
        subjects.scorecard_key,
        subjects.criterion_key,
        subjects.cell_count,
        subjects.backtest_leads,
        subjects.compared_leads,
        case
            when subjects.backtest_leads > 0
                then {{ rounded_quotient('subjects.backtest_sum', 'nullif(subjects.backtest_leads, 0)', 6) }}
        end as backtest_average,
        case
            when subjects.compared_leads > 0
                then {{ rounded_quotient('subjects.compared_sum', 'nullif(subjects.compared_leads, 0)', 6) }}
        end as compared_average,
        case
            when subjects.backtest_leads > 0 and subjects.compared_leads > 0
                then {{ rounded_ratio('greatest(term_sums.term_sum, 0)', 1000000000000000000, 6) }}
        end as population_stability_index
    from subjects
    inner join term_sums
        on
            subjects.population = term_sums.population
            and subjects.scorecard_key = term_sums.scorecard_key
            and subjects.criterion_key is not distinct from term_sums.criterion_key

)

select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    indexed_subjects.population,
    case when indexed_subjects.criterion_key is null then 'score' else 'criterion' end as subject,
    criteria.criterion_id,
    criteria.name,
    indexed_subjects.backtest_leads,
    indexed_subjects.compared_leads,
    cast(indexed_subjects.backtest_average as decimal(38, 6)) as backtest_average,
    cast(indexed_subjects.compared_average as decimal(38, 6)) as compared_average,
    cast(indexed_subjects.population_stability_index as decimal(38, 6)) as population_stability_index,
    -- with fewer leads, chance alone gives an index of this size
    case
        when least(indexed_subjects.backtest_leads, indexed_subjects.compared_leads) < 30 * indexed_subjects.cell_count
            then 'not_enough_leads'
        when indexed_subjects.population_stability_index < 0.1 then 'stable'
        when indexed_subjects.population_stability_index < 0.25 then 'watch'
        else 'shifted'
    end as verdict,
    scorecards.policy_version
from indexed_subjects
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on indexed_subjects.scorecard_key = scorecards.scorecard_key
left join {{ ref('int_policy__criteria') }} as criteria
    on indexed_subjects.criterion_key = criteria.criterion_key
