{# Stopping a run on a bad policy, or on models that are taken for those of this project. #}

{#
    Stops the run where a model of this project reads one of another project that has the same name as one of its own:
    dbt looks into the importing project first, unless a flag says otherwise. Raw inputs are read from there on purpose.
    Args: nodes, those of dbt's graph.
#}
{% macro stop_on_mistaken_models(nodes) %}
    {% for node in nodes if node.package_name == 'leadscore' and not node.name.startswith('base_') %}
        {% for read in node.depends_on.nodes %}
            {% set package, name = read.split('.')[1:3] %}
            {% if package != 'leadscore' and 'model.leadscore.' ~ name in nodes | map(attribute='unique_id') %}
                {% do exceptions.raise_compiler_error(
                    node.name ~ " of leadscore would read the model " ~ name ~ " of " ~ package ~ " in place of its own. "
                    ~ "Both have that name; set the flag require_ref_searches_node_package_before_root to true in "
                    ~ "dbt_project.yml (dbt 1.11 or newer), or rename yours. See docs/import.md."
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#
    Stops the run with every row of policy_errors as one aligned text table; does nothing when there is none.
    Args: errors, the relation of policy_errors.
#}
{% macro stop_on_policy_errors(errors) %}
    {% set columns = ['file', 'row_id', 'column_name', 'value', 'problem', 'remedy'] %}
    {% set found = run_query(
        'select ' ~ columns | join(', ') ~ ' from ' ~ errors ~ ' order by ' ~ columns | join(', ')
    ) %}
    {% if found.rows | length > 0 %}
        {% set count = found.rows | length %}
        {% set shown = leadscore.text_table(['file', 'row', 'column', 'value', 'problem', 'what to do'], found.rows) %}
        {% do exceptions.raise_compiler_error(
            'The policy in seeds/scoring has ' ~ count ~ (' problem' if count == 1 else ' problems')
            ~ '; no score was changed.\n\n' ~ shown ~ '\n'
        ) %}
    {% endif %}
{% endmacro %}


{#
    Rows as an aligned text table. Long cells are cut, except in the last two columns.
    Args: headings, a list of texts; rows, a list of lists of texts or nulls.
#}
{% macro text_table(headings, rows) %}
    {% set lines = [headings] %}
    {% for row in rows %}
        {% set cells = [] %}
        {% for cell in row %}
            {% set text = ('' if cell is none else cell | string) | replace('\n', ' ') | replace('\r', ' ') | replace('\t', ' ') %}
            {% if loop.revindex > 2 and text | length > 40 %}{% set text = text[:37] ~ '...' %}{% endif %}
            {% do cells.append(text) %}
        {% endfor %}
        {% do lines.append(cells) %}
    {% endfor %}
    {% set widths = [] %}
    {% for heading in headings %}
        {% set column = loop.index0 %}
        {% set lengths = [] %}
        {% for line in lines %}{% do lengths.append(line[column] | length) %}{% endfor %}
        {% do widths.append(lengths | max) %}
    {% endfor %}
    {% set rules = [] %}
    {% for width in widths %}{% do rules.append('-' * width) %}{% endfor %}
    {% do lines.insert(1, rules) %}
    {% set written = [] %}
    {% for line in lines %}
        {% set padded = [] %}
        {% for cell in line %}{% do padded.append(cell.ljust(widths[loop.index0])) %}{% endfor %}
        {% do written.append((padded | join('  ')).rstrip()) %}
    {% endfor %}
    {{ return(written | join('\n')) }}
{% endmacro %}
