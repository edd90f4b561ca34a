{#
    What the back-test says about the points that a criterion gives.
    Args: criteria, counts and evidence, aliases: of int_policy__criteria; of a row with `leads_met`, `average_points`
    and `evidence_grade`; of int_performance__criterion_evidence.

        never_met            no lead of the back-test met it
        not_enough_evidence  too few leads or conversions, or the evidence fits the points as well as none at all
        wrong_sign           the evidence lies on the other side of 0
        too_high, too_low    the points lie beyond the interval that the evidence supports, by more than a quarter
        supports             otherwise
#}
{% macro criterion_finding(criteria, counts, evidence) -%}
    case
        when {{ counts }}.leads_met = 0 then 'never_met'
        when {{ counts }}.evidence_grade = 'D' then 'not_enough_evidence'
        when {{ criteria }}.effect = 'disqualify' and {{ evidence }}.is_surely_worse then 'supports'
        when {{ criteria }}.effect = 'disqualify' and {{ evidence }}.is_surely_better then 'wrong_sign'
        when {{ criteria }}.effect = 'disqualify' then 'not_enough_evidence'
        when {{ evidence }}.points_supported is null then 'not_enough_evidence'
        when {{ counts }}.average_points > 0 and {{ evidence }}.is_surely_worse then 'wrong_sign'
        when {{ counts }}.average_points < 0 and {{ evidence }}.is_surely_better then 'wrong_sign'
        when
            {{ counts }}.average_points > {{ evidence }}.points_supported_high
            and 4 * ({{ counts }}.average_points - {{ evidence }}.points_supported)
            > greatest(abs({{ counts }}.average_points), abs({{ evidence }}.points_supported))
            then 'too_high'
        when
            {{ counts }}.average_points < {{ evidence }}.points_supported_low
            and 4 * ({{ evidence }}.points_supported - {{ counts }}.average_points)
            > greatest(abs({{ counts }}.average_points), abs({{ evidence }}.points_supported))
            then 'too_low'
        when
            {{ counts }}.average_points <> 0
            and not {{ evidence }}.is_surely_better
            and not {{ evidence }}.is_surely_worse
            then 'not_enough_evidence'
        else 'supports'
    end
{%- endmacro %}
