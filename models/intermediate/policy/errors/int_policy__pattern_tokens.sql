-- A row per token of each different regular expression in the policy: an escaped character, a class in [ ], a
-- repetition in { }, or any other single character, with what stands beside it and how deep in ( ) it is.

with

patterns as (
    select distinct value as pattern
    from {{ ref('int_policy__item_tests') }}
    where not is_retired and operator = 'matches' and value is not null
),

tokens as (
    select
        patterns.pattern,
        cast(each_match.position as integer) as position,
        each_match.part as token,
        case
            when left(each_match.part, 1) = chr(92) then 'escape'
            when each_match.part like '[_%' then 'class'
            when each_match.part like '{_%' then 'count'
            when each_match.part in ('*', '+', '?') then 'repetition'
            when each_match.part in ('(', ')', '|', '^', '$') then each_match.part
            when each_match.part in ('[', ']', '{', '}') then 'stray'
            else 'literal'
        end as kind
    from patterns
    {{ join_each_match('patterns.pattern', pattern_token(), 'each_match') }}
)

select
    pattern,
    position,
    token,
    kind,
    lag(kind) over (partition by pattern order by position) as kind_before,
    lag(token) over (partition by pattern order by position) as token_before,
    lead(kind) over (partition by pattern order by position) as kind_after,
    -- a bracket is as deep as what it encloses
    sum(case kind when '(' then 1 when ')' then -1 else 0 end) over (
        partition by pattern
        order by position
        rows between unbounded preceding and current row
    ) + case kind when ')' then 1 else 0 end as depth
from tokens
