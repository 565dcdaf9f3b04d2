//! Statements that many migrations make.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) fn reference(
    from: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(from, column)
        .to(to, "id")
        .to_owned()
}

/// An index that is named by its table and `name`.
pub(crate) async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(on(table, name, columns)).await
}

/// Like [`index`], of values that are unique.
pub(crate) async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let index = on(table, name, columns).unique().to_owned();
    manager.create_index(index).await
}

fn on(table: &'static str, name: &str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{name}")).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

pub(crate) async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: impl IntoColumnDef,
) -> Result<(), DbErr> {
    let statement = Table::alter().table(table).add_column(column).to_owned();
    manager.alter_table(statement).await
}

/// Changes the types of columns on PostgreSQL; `to` gives the type of a column.
pub(crate) async fn retype(
    manager: &SchemaManager<'_>,
    tables: &[(&str, &[&str])],
    to: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for (table, columns) in tables {
        let changes: Vec<String> = columns
            .iter()
            .map(|column| format!("ALTER COLUMN \"{column}\" TYPE {}", to(column)))
            .collect();
        let statement = format!("ALTER TABLE \"{table}\" {}", changes.join(", "));
        let connection = manager.get_connection();
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}
