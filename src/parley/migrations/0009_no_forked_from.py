from django.db import migrations


class RemoveInPlace(migrations.RemoveField):
    """On SQLite, Django would make the table anew, and the triggers of the search would be lost."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        connection, model = schema_editor.connection, from_state.apps.get_model(app_label, self.model_name)
        if connection.vendor != "sqlite" or not self.allow_migrate_model(connection.alias, model):
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        table, column = model._meta.db_table, model._meta.get_field(self.name).column
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
        for name, constraint in constraints.items():
            if constraint["index"] and constraint["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")
        schema_editor.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


class Migration(migrations.Migration):
    dependencies = [("parley", "0008_forks_copy")]
    operations = [RemoveInPlace("conversation", "forked_from")]
