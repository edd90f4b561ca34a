-- What the drift is worked out from: how many leads of the back-test, and of what it is compared with, lie in each
-- tenth of the scores (criterion_key null), and meet a criterion (cell 1) or not (cell 0).
with

populations as (

    select 'live' as population

    union all

    select 'recent' as population

),

compared_totals as (

    select
        leads.population,
        leads.scorecard_key,
        count(*) as leads,
        sum(leads.score) as score_sum
    from {{ ref('int_performance__compared_leads') }} as leads
    group by leads.population, leads.scorecard_key

),

backtest_cells as (

    select
        leads.scorecard_key,
        leads.score,
        count(*) as leads
    from {{ ref('int_performance__leads') }} as leads
    group by leads.scorecard_key, leads.score

),

placed_cells as (

    select
        backtest_cells.scorecard_key,
        backtest_cells.score,
        backtest_cells.leads,
        sum(backtest_cells.leads) over (
            partition by backtest_cells.scorecard_key
            order by backtest_cells.score desc
            rows between unbounded preceding and current row
        ) - backtest_cells.leads as leads_above,
        sum(backtest_cells.leads) over (partition by backtest_cells.scorecard_key) as all_leads
    from backtest_cells

),

-- filled from the best score down, none divided
tenths as (

    select
        placed_cells.scorecard_key,
        cast(10 - {{ whole_quotient('10 * placed_cells.leads_above', 'placed_cells.all_leads') }} as integer) as tenth,
        min(placed_cells.score) as lowest_score,
        sum(placed_cells.leads) as leads,
        sum(placed_cells.score * placed_cells.leads) as score_sum
    from placed_cells
    group by
        placed_cells.scorecard_key,
        cast(10 - {{ whole_quotient('10 * placed_cells.leads_above', 'placed_cells.all_leads') }} as integer)

),

tenth_ranges as (

    select
        tenths.scorecard_key,
        tenths.tenth,
        tenths.leads,
        tenths.score_sum,
        case
            when row_number() over (partition by tenths.scorecard_key order by tenths.lowest_score) > 1
                then tenths.lowest_score
        end as from_score,
        lead(tenths.lowest_score) over (partition by tenths.scorecard_key order by tenths.lowest_score) as below_score
    from tenths

),

compared_cells as (

    select
        leads.population,
        leads.scorecard_key,
        leads.score,
        count(*) as leads
    from {{ ref('int_performance__compared_leads') }} as leads
    group by leads.population, leads.scorecard_key, leads.score

),

compared_tenths as (

    select
        compared_cells.population,
        compared_cells.scorecard_key,
        tenth_ranges.tenth,
        sum(compared_cells.leads) as leads,
        sum(compared_cells.score * compared_cells.leads) as score_sum
    from compared_cells
    inner join tenth_ranges
        on
            compared_cells.scorecard_key = tenth_ranges.scorecard_key
            and (tenth_ranges.from_score is null or compared_cells.score >= tenth_ranges.from_score)
            and (tenth_ranges.below_score is null or compared_cells.score < tenth_ranges.below_score)
    group by compared_cells.population, compared_cells.scorecard_key, tenth_ranges.tenth

),

score_cells as (

    select
        populations.population,
        tenth_ranges.scorecard_key,
        cast(null as integer) as criterion_key,
        tenth_ranges.tenth as cell,
        tenth_ranges.leads as backtest_leads,
        coalesce(compared_tenths.leads, 0) as compared_leads,
        tenth_ranges.score_sum as backtest_sum,
        coalesce(compared_tenths.score_sum, 0) as compared_sum
    from tenth_ranges
    cross join populations
    left join compared_tenths
        on
            tenth_ranges.scorecard_key = compared_tenths.scorecard_key
            and tenth_ranges.tenth = compared_tenths.tenth
            and populations.population = compared_tenths.population

),

entries as (

    select
        'live' as population,
        live_entries.scorecard_key,
        live_entries.lead_key,
        live_entries.criterion_key
    from {{ ref('int_scoring__entries') }} as live_entries
    where live_entries.entry_type = 'criterion'

    union all

    select
        'recent' as population,
        backtest_entries.scorecard_key,
        backtest_entries.lead_key,
        backtest_entries.criterion_key
    from {{ ref('int_backtest__entries') }} as backtest_entries

),

compared_hits as (

    select
        entries.population,
        entries.criterion_key,
        count(*) as leads
    from entries
    inner join {{ ref('int_performance__compared_leads') }} as leads
        on
            entries.population = leads.population
            and entries.scorecard_key = leads.scorecard_key
            and entries.lead_key = leads.lead_key
    group by entries.population, entries.criterion_key

),

hits as (

    select
        populations.population,
        counts.scorecard_key,
        counts.criterion_key,
        counts.leads as backtest_leads,
        counts.leads_met as backtest_leads_met,
        coalesce(compared_totals.leads, 0) as compared_leads,
        coalesce(compared_hits.leads, 0) as compared_leads_met
    from {{ ref('int_performance__criterion_counts') }} as counts
    cross join populations
    left join compared_totals
        on
            populations.population = compared_totals.population
            and counts.scorecard_key = compared_totals.scorecard_key
    left join compared_hits
        on
            populations.population = compared_hits.population
            and counts.criterion_key = compared_hits.criterion_key

),

cells as (

    select
        score_cells.population,
        score_cells.scorecard_key,
        score_cells.criterion_key,
        score_cells.cell,
        score_cells.backtest_leads,
        score_cells.compared_leads,
        score_cells.backtest_sum,
        score_cells.compared_sum
    from score_cells

    union all

    select
        hits.population,
        hits.scorecard_key,
        hits.criterion_key,
        1 as cell,
        hits.backtest_leads_met as backtest_leads,
        hits.compared_leads_met as compared_leads,
        hits.backtest_leads_met as backtest_sum,
        hits.compared_leads_met as compared_sum
    from hits

    union all

    select
        hits.population,
        hits.scorecard_key,
        hits.criterion_key,
        0 as cell,
        hits.backtest_leads - hits.backtest_leads_met as backtest_leads,
        hits.compared_leads - hits.compared_leads_met as compared_leads,
        0 as backtest_sum,
        0 as compared_sum
    from hits

)

select
    cells.population,
    cells.scorecard_key,
    cells.criterion_key,
    cells.cell,
    cast(cells.backtest_leads as bigint) as backtest_leads,
    cast(cells.compared_leads as bigint) as compared_leads,
    cast(cells.backtest_sum as decimal(38, 2)) as backtest_sum,
    cast(cells.compared_sum as decimal(38, 2)) as compared_sum
from cells
