//! Statements that write many rows: each costs SQLite's thread two changes of context, and PostgreSQL a round trip.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection};

use super::sum::Sum;
use super::write::json;
use super::{DatabaseError, big};
use crate::hub::limits::MAX_EVENTS;

type Statement<'q> = Query<'q, Any, AnyArguments<'q>>;

/// Rows of one statement at the most: of few lengths, since each length is a statement that is prepared and kept.
const LENGTHS: [usize; 4] = [64, 16, 4, 1];

/// Writes what changes come to.
pub(super) async fn write(to: &mut AnyConnection, sum: Sum<'_>) -> Result<(), DatabaseError> {
    if sum.anew {
        for sql in ["DELETE FROM people", "DELETE FROM devices", "DELETE FROM events", "DELETE FROM calls"] {
            sqlx::query(sql).execute(&mut *to).await?;
        }
    }
    for (login, device) in sum.gone {
        for sql in [
            "DELETE FROM events WHERE login = $1 AND device = $2",
            "DELETE FROM devices WHERE login = $1 AND device = $2",
        ] {
            sqlx::query(sql).bind(login.as_str()).bind(device).execute(&mut *to).await?;
        }
    }

    let forgotten: Vec<_> = sum.people.iter().filter(|(_, person)| person.is_none()).map(|(login, _)| *login).collect();
    forget(to, ("people", "login"), &forgotten, |statement, login| statement.bind(login.as_str())).await?;
    let people = sum.people.into_iter().filter_map(|(login, person)| Some((login, person?)));
    let people: Vec<_> =
        people.map(|(login, person)| Ok((login, json(person)?))).collect::<Result<_, DatabaseError>>()?;
    let end = "ON CONFLICT (login) DO UPDATE SET body = excluded.body";
    insert(to, ("people (login, body)", 2, end), &people, |statement, (login, body)| {
        statement.bind(login.as_str()).bind(body.as_str())
    })
    .await?;

    let devices = sum.devices.iter().map(|((login, device), body)| {
        // An event that came with it may be newer.
        let seq = sum.newest.get(&(*login, *device)).copied().unwrap_or(0).max(body.seq);
        Ok((*login, *device, seq, json(*body)?))
    });
    let devices: Vec<_> = devices.collect::<Result<_, DatabaseError>>()?;
    let end = "ON CONFLICT (login, device) DO UPDATE SET seq = excluded.seq, body = excluded.body";
    insert(to, ("devices (login, device, seq, body)", 4, end), &devices, |statement, (login, device, seq, body)| {
        statement.bind(login.as_str()).bind(*device).bind(big(*seq)).bind(body.as_str())
    })
    .await?;

    // Written again after a backlog was given up, it is the same event.
    let end = "ON CONFLICT (login, device, seq) DO NOTHING";
    let into = ("events (login, device, seq, at, name, payload)", 6, end);
    insert(to, into, &sum.events, |statement, event| {
        let statement = statement.bind(event.login.as_str()).bind(event.device.as_str()).bind(big(event.seq));
        statement.bind(big(event.at)).bind(event.event.name()).bind(event.event.payload(None).to_string())
    })
    .await?;
    for ((login, device), newest) in &sum.newest {
        if !sum.devices.contains_key(&(*login, *device)) {
            let sql = "UPDATE devices SET seq = $3 WHERE login = $1 AND device = $2 AND seq < $3";
            sqlx::query(sql).bind(login.as_str()).bind(*device).bind(big(*newest)).execute(&mut *to).await?;
        }
        let oldest = newest.saturating_sub(MAX_EVENTS as u64);
        if oldest > 0 {
            let sql = "DELETE FROM events WHERE login = $1 AND device = $2 AND seq <= $3";
            sqlx::query(sql).bind(login.as_str()).bind(*device).bind(big(oldest)).execute(&mut *to).await?;
        }
    }

    let forgotten: Vec<_> = sum.calls.iter().filter(|(_, body)| body.is_none()).map(|(id, _)| *id).collect();
    forget(to, ("calls", "id"), &forgotten, |statement, id| statement.bind(id.as_str())).await?;
    let calls: Vec<_> = sum.calls.into_iter().filter_map(|(id, body)| Some((id, body?))).collect();
    let into = ("calls (id, body)", 2, "ON CONFLICT (id) DO UPDATE SET body = excluded.body");
    insert(to, into, &calls, |statement, (id, body)| statement.bind(id.as_str()).bind(*body)).await?;

    let history = sum.history.into_iter().map(|((login, _), record)| Ok((login, record, json(record)?)));
    let history: Vec<_> = history.collect::<Result<_, DatabaseError>>()?;
    // A second word about the same call of the same person is the later one: who left and came back. It moves to where its
    // time belongs, or a page would begin with it again.
    let end = "ON CONFLICT (login, call_id) DO UPDATE SET started_at = excluded.started_at, body = excluded.body";
    insert(to, ("history (login, call_id, started_at, body)", 4, end), &history, |statement, (login, record, body)| {
        let statement = statement.bind(login.as_str()).bind(record.call_id.as_str());
        statement.bind(big(record.started_at)).bind(body.as_str())
    })
    .await
}

/// `INSERT INTO table VALUES … end` of all rows, each with so many columns.
async fn insert<T>(
    to: &mut AnyConnection,
    (table, columns, end): (&str, usize, &str),
    rows: &[T],
    bind: impl for<'q> Fn(Statement<'q>, &'q T) -> Statement<'q>,
) -> Result<(), DatabaseError> {
    for some in chunks(rows) {
        let sql = format!("INSERT INTO {table} VALUES {} {end}", values(some.len(), columns));
        some.iter().fold(sqlx::query(&sql), &bind).execute(&mut *to).await?;
    }
    Ok(())
}

/// `DELETE FROM table WHERE column IN …`.
async fn forget<T>(
    to: &mut AnyConnection,
    (table, column): (&str, &str),
    rows: &[T],
    bind: impl for<'q> Fn(Statement<'q>, &'q T) -> Statement<'q>,
) -> Result<(), DatabaseError> {
    for some in chunks(rows) {
        let sql = format!("DELETE FROM {table} WHERE {column} IN {}", values(1, some.len()));
        some.iter().fold(sqlx::query(&sql), &bind).execute(&mut *to).await?;
    }
    Ok(())
}

/// Cuts rows into pieces of [`LENGTHS`].
fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = LENGTHS.into_iter().find(|length| *length <= rows.len())?;
        let (some, rest) = rows.split_at_checked(length)?;
        rows = rest;
        Some(some)
    })
}

/// `($1, $2), ($3, $4)`. The library's own builder writes `?` where it does not know the database, which PostgreSQL does not
/// read.
fn values(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_in_few_lengths() {
        let rows: Vec<usize> = (0..87).collect();
        assert_eq!(chunks(&rows).map(<[usize]>::len).collect::<Vec<_>>(), [64, 16, 4, 1, 1, 1]);
        assert_eq!(chunks(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(chunks::<u8>(&[]).count(), 0);
    }

    #[test]
    fn places_are_numbered() {
        assert_eq!(values(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!((values(3, 1), values(1, 2)), ("($1), ($2), ($3)".to_owned(), "($1, $2)".to_owned()));
    }
}
