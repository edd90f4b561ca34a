-- Regular expressions that are outside the grammar that every engine reads alike.

{% set remedies = {
    'empty_class': 'Write \\] outside [ ] to match a ]; or write the characters that are meant.',
    'no_count': 'Write {3}, {3,} or {3,5} after what is repeated; or \\{ and \\} for the characters themselves.',
    'empty_group': 'Write what is meant in it, or \\(\\) for the characters themselves.',
    'empty_branch': 'Take the needless | out, make the whole optional with ?, or write \\| for the character itself.',
} %}

with

patterns as (
    select distinct value as pattern
    from {{ ref('int_policy__item_tests') }}
    where not is_retired and operator = 'matches' and value is not null
),

-- a row per token: an escaped character, a class in [ ], a number of repetitions in { }, or one other character
token_kinds as (
    select
        patterns.pattern,
        cast(each_match.position as integer) as position,
        each_match.part as token,
        case
            when substr(each_match.part, 1, 1) = chr(92) then 'escape'
            when each_match.part like '[_%' then 'class'
            when each_match.part like '{_%' then 'count'
            when each_match.part in ('*', '+', '?') then 'repetition'
            when each_match.part in ('(', ')', '|', '^', '$') then each_match.part
            when each_match.part in ('[', ']', '{', '}') then 'stray'
            else 'literal'
        end as kind
    from patterns
    {{ join_each_match('patterns.pattern', pattern_token(), 'each_match') }}
),

neighbours as (
    select
        pattern,
        position,
        token,
        kind,
        lag(kind) over (partition by pattern order by position) as kind_before,
        lead(kind) over (partition by pattern order by position) as kind_after,
        sum(case kind when '(' then 1 when ')' then -1 else 0 end) over (
            partition by pattern
            order by position
            rows between unbounded preceding and current row
        ) as open_brackets
    from token_kinds
),

tokens as (
    select
        pattern,
        position,
        token,
        kind,
        kind_before,
        kind_after,
        -- a bracket is as deep as what it encloses
        open_brackets + case kind when ')' then 1 else 0 end as depth,
        coalesce(kind_before in ('escape', 'class', 'literal', ')', 'stray'), false) as follows_item,
        case when kind = 'escape' then substr(token, 2, 1) end as escaped,
        case
            when kind = 'class' and substr(token, 2, 1) = '^' then substr(token, 3, length(token) - 3)
            when kind = 'class' then substr(token, 2, length(token) - 2)
        end as class_body,
        coalesce(kind = 'count' and {{ regex_found('token', pattern_count()) }}, false) as is_count,
        -- no leading zeros, which engines read differently, and few enough digits for a cast
        case
            when kind = 'count' and {{ regex_found('token', pattern_readable_count()) }}
                then {{ pattern_fewest_repetitions('token') }}
        end as fewest_repetitions,
        case
            when kind = 'count' and {{ regex_found('token', pattern_readable_count()) }}
                then {{ pattern_most_repetitions('token') }}
        end as most_repetitions
    from neighbours
),

-- escapes -----------------------------------------------------------------------

wrong_escapes as (
    select
        pattern,
        position,
        case
            when escaped = '' then 'The expression ends with a backslash that escapes nothing.'
            when {{ regex_found('escaped', "'[0-9]'") }} then 'Back-references such as ' || token || ' are not known.'
            else token || ' is not known: a backslash stands before punctuation only.'
        end as problem,
        case lower(escaped)
            when 'd' then case escaped when 'd' then 'Write [0-9] instead.' else 'Write [^0-9] instead.' end
            when 'w' then case escaped when 'w' then 'Write [a-z0-9_] instead.' else 'Write [^a-z0-9_] instead.' end
            when 's'
                then
                    case escaped
                        when 's' then 'Write a space instead (a line break counts as one).'
                        else 'Write [^ ] instead.'
                    end
            when 'b' then 'Write (^|[^a-z0-9_]) before a word and ([^a-z0-9_]|$) behind it instead.'
            when 'n' then 'Write a space instead: a line break counts as one.'
            when 'r' then 'Write a space instead: a line break counts as one.'
            when 't' then 'Write . or the tab itself instead.'
            when 'a' then 'Write ^ instead.'
            when 'z' then 'Write $ instead.'
            when 'p' then 'Write the characters in [ ] instead, such as [a-z].'
            when '' then 'Write two backslashes for the character itself, or leave it out.'
            else
                case
                    when {{ regex_found('escaped', "'[0-9]'") }} then 'Write the repeated text again.'
                    else 'Leave the backslash out, or write the characters that are meant in [ ].'
                end
        end as remedy
    from tokens
    where kind = 'escape' and not {{ regex_found('escaped', "'^[!-/:-@\\[-`{-~]$'") }}
),

-- classes -----------------------------------------------------------------------

wrong_classes as (
    select
        pattern,
        position,
        case
            when class_body = '' then token || ' holds no character.'
            when class_body like '%[:%' then 'Named classes such as [:alpha:] are not known.'
            when class_body like '%[%' then 'A [ cannot stand inside [ ].'
            when position(chr(92) in class_body) > 0
                then 'Nothing is escaped inside [ ], and a backslash cannot stand there.'
            when class_body like '%&&%' then 'Engines read && inside [ ] differently.'
            else 'A - inside [ ] stands between the two ends of a range, or first or last.'
        end as problem,
        case
            when class_body = '' then {{ text_literal(remedies.empty_class) }}
            when class_body like '%[:%' then 'Write [a-z], [0-9], [a-z0-9] or [ ] (a space) instead.'
            when class_body like '%[%' then {{ text_literal('Write \\[ outside [ ], as an alternative: (\\[|[abc]).') }}
            when position(chr(92) in class_body) > 0
                then
                    {{ text_literal(
                        'Write the punctuation without a backslash: [.+]; \\d as 0-9; and ] or a backslash as an '
                        ~ 'alternative outside: (\\]|[abc]).'
                    ) }}
            when class_body like '%&&%' then 'Write one &, or the characters that both sides share.'
            else 'Move the - that is meant as a character to the end: [a-z0-9-].'
        end as remedy
    from tokens
    where
        kind = 'class'
        and (
            class_body = ''
            or class_body like '%[%'
            or position(chr(92) in class_body) > 0
            or class_body like '%&&%'
            or not {{ regex_found('class_body', pattern_class_body()) }}
        )
),

class_ranges as (
    select
        tokens.pattern,
        tokens.position,
        lower(substr(each_match.part, 1, 1)) as first_character,
        lower(substr(each_match.part, 3, 1)) as last_character
    from tokens
    {{ join_each_match('tokens.class_body', pattern_class_range(), 'each_match') }}
    where tokens.kind = 'class' and {{ regex_found('tokens.class_body', pattern_class_body()) }}
),

reversed_ranges as (
    select
        pattern,
        position,
        'The range ' || first_character || '-' || last_character || ' ends before it begins (in lower case).'
            as problem,
        'Write ' || last_character || '-' || first_character || ', or the characters one by one.' as remedy
    from class_ranges
    where {{ by_bytes('first_character') }} > {{ by_bytes('last_character') }}
),

-- repetitions -------------------------------------------------------------------

wrong_counts as (
    select
        pattern,
        position,
        case
            when not is_count then token || ' is no number of repetitions.'
            when most_repetitions is null then token || ' holds a number with leading zeros, or above 255.'
            when most_repetitions > 255 or fewest_repetitions > 255 then 'More than 255 repetitions are not known.'
            else 'The repetitions in ' || token || ' end before they begin.'
        end as problem,
        case
            when not is_count
                then {{ text_literal(remedies.no_count) }}
            else 'Write whole numbers from 0 to 255, the smaller one first: {3}, {3,} or {3,5}.'
        end as remedy
    from tokens
    where
        kind = 'count'
        and (
            most_repetitions is null
            or most_repetitions > 255
            or fewest_repetitions > most_repetitions
        )
),

repetitions_of_nothing as (
    select
        pattern,
        position,
        case
            when kind_before = '(' and token = '?' then 'Groups that begin with (? are not known.'
            when kind_before in ('repetition', 'count') and token = '?'
                then 'The lazy mark ? after a repetition is not known.'
            when kind_before in ('repetition', 'count') and token = '+'
                then 'The possessive mark + after a repetition is not known.'
            when kind_before in ('repetition', 'count') then token || ' repeats what is already repeated.'
            else token || ' has nothing before it that it could repeat.'
        end as problem,
        case
            when kind_before = '(' and token = '?'
                then
                    'Write ( ) for a group; case is ignored without (?i); look-ahead and look-behind need a rule of '
                    || 'their own.'
            when kind_before in ('repetition', 'count') and token in ('?', '+')
                then 'Leave the mark out: only whether the text is found counts.'
            when kind_before in ('repetition', 'count') then 'Write one repetition, or put the repeated part in ( ).'
            else
                'Put it after a character, [ ] or ( ); or write ' || chr(92) || substr(token, 1, 1)
                || ' for the character itself.'
        end as remedy
    from tokens
    where (kind = 'repetition' or is_count) and not follows_item
),

-- brackets and alternatives -------------------------------------------------------

empty_branches as (
    select
        pattern,
        position,
        case
            when kind = '(' then 'There is nothing between ( and ).'
            else 'A branch of | is empty.'
        end as problem,
        case
            when kind = '(' then {{ text_literal(remedies.empty_group) }}
            else {{ text_literal(remedies.empty_branch) }}
        end as remedy
    from tokens
    where
        (kind = '(' and kind_after = ')')
        or (
            kind = '|'
            and (
                kind_before is null
                or kind_after is null
                or kind_before in ('(', '|')
                or kind_after in (')', '|')
            )
        )
),

unopened_brackets as (
    select
        pattern,
        position,
        'A ) closes no (.' as problem,
        {{ text_literal('Take it out, add the (, or write \\) for the character itself.') }} as remedy
    from tokens
    where kind = ')' and depth < 1
),

unclosed_brackets as (
    select
        pattern,
        max(position) as position,
        'A ( is not closed.' as problem,
        {{ text_literal('Add the ), or write \\( for the character itself.') }} as remedy
    from tokens
    group by pattern
    having
        sum(case kind when '(' then 1 when ')' then -1 else 0 end) > 0
        and min(case when kind = ')' then depth else 1 end) > 0
),

-- nested repetitions --------------------------------------------------------------

-- a row per item that is repeated by a count, from where to where it reaches
counted_items as (
    select
        tokens.pattern,
        tokens.position,
        coalesce(max(opening.position), tokens.position - 1) as first_position,
        greatest(tokens.most_repetitions, 1) as repetitions
    from tokens
    left join tokens as closing
        on
            tokens.pattern = closing.pattern
            and closing.position = tokens.position - 1
            and closing.kind = ')'
    left join tokens as opening
        on
            closing.pattern = opening.pattern
            and opening.kind = '('
            and closing.depth = opening.depth
            and closing.position > opening.position
    where tokens.most_repetitions is not null
    group by tokens.pattern, tokens.position, tokens.most_repetitions
),

too_many_repetitions as (
    select
        inner_items.pattern,
        inner_items.position,
        'Repetitions inside repetitions multiply to more than 1000.' as problem,
        'Repeat less: the numbers in { } around the same part, multiplied, may be 1000 at most.' as remedy
    from counted_items as inner_items
    inner join counted_items as outer_items
        on
            inner_items.pattern = outer_items.pattern
            and inner_items.position between outer_items.first_position and outer_items.position
    group by inner_items.pattern, inner_items.position
    having exp(sum(ln(outer_items.repetitions))) > 1000.5
),

-- all together --------------------------------------------------------------------

sure_problems as (
    {%- for kind in [
        'wrong_escapes', 'wrong_classes', 'reversed_ranges', 'wrong_counts', 'repetitions_of_nothing', 'empty_branches',
        'unopened_brackets', 'unclosed_brackets', 'too_many_repetitions',
    ] %}
    select * from {{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- a bracket that is left over often follows from another problem
stray_brackets as (
    select
        pattern,
        position,
        'A ' || token || ' stands alone.' as problem,
        case token
            when '[' then {{ text_literal('Add the ], or write \\[ for the character itself.') }}
            else 'Write ' || chr(92) || token || ' for the character itself.'
        end as remedy
    from tokens
    where kind = 'stray' and pattern not in (select sure_problems.pattern from sure_problems)
),

problems as (
    select
        pattern,
        problem,
        remedy
    from sure_problems

    union distinct

    select
        pattern,
        problem,
        remedy
    from stray_brackets
)

select distinct
    item_tests.file,
    item_tests.row_id,
    item_tests.value_column as column_name,
    item_tests.value,
    problems.problem,
    problems.remedy
from {{ ref('int_policy__item_tests') }} as item_tests
inner join problems on item_tests.value = problems.pattern
where not item_tests.is_retired and item_tests.operator = 'matches'
