//! Accounts and sessions.

use std::collections::BTreeSet;

use sqlx::{Any, Row as _, Transaction};
use zvonok_signaling_proto::{Login, Millis};

use super::load::{body, login};
use super::write::json;
use super::{Database, DatabaseError, big, small};
use crate::accounts::{Account, AccountBody, MAX_SESSIONS, Signed};

impl Database {
    /// Grows with every change of an account.
    ///
    /// # Errors
    /// The database failed, as in all of these.
    pub async fn accounts_revision(&self) -> Result<u64, DatabaseError> {
        let row = sqlx::query("SELECT number FROM revisions WHERE name = 'accounts'").fetch_one(&self.pool).await?;
        Ok(small(row.try_get("number")?))
    }

    /// All accounts, by login.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accounts(&self) -> Result<Vec<Account>, DatabaseError> {
        let rows = sqlx::query("SELECT login, body FROM accounts ORDER BY login").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(Account { login: login(row, "login")?, body: body(row, "account")? })).collect()
    }

    /// Adds an account; false where the login has one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_account(&self, account: &Account, password: &str) -> Result<bool, DatabaseError> {
        let mut to = self.pool.begin().await?;
        let sql = "INSERT INTO accounts (login, password, body) VALUES ($1, $2, $3) ON CONFLICT (login) DO NOTHING";
        let query = sqlx::query(sql).bind(account.login.as_str()).bind(password).bind(json(&account.body)?);
        let added = query.execute(&mut *to).await?.rows_affected() > 0;
        changed(&mut to).await?;
        to.commit().await?;
        Ok(added)
    }

    /// Gives an account another password, which takes back all its tokens; false where there is no such account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_password(&self, who: &Login, password: &str) -> Result<bool, DatabaseError> {
        let mut to = self.pool.begin().await?;
        let found = change(&mut to, who, true, |_| ()).await?;
        if found {
            let sql = "UPDATE accounts SET password = $2 WHERE login = $1";
            sqlx::query(sql).bind(who.as_str()).bind(password).execute(&mut *to).await?;
        }
        to.commit().await?;
        Ok(found)
    }

    /// Disables an account, which takes back all its tokens, or enables it again; false where there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn disable(&self, who: &Login, disabled: bool) -> Result<bool, DatabaseError> {
        self.change_account(who, disabled, |body| body.disabled = disabled).await
    }

    /// Changes an account; false where there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn edit(&self, who: &Login, edit: impl FnOnce(&mut AccountBody)) -> Result<bool, DatabaseError> {
        self.change_account(who, false, edit).await
    }

    async fn change_account(
        &self,
        who: &Login,
        revoke: bool,
        edit: impl FnOnce(&mut AccountBody),
    ) -> Result<bool, DatabaseError> {
        let mut to = self.pool.begin().await?;
        let found = change(&mut to, who, revoke, edit).await?;
        to.commit().await?;
        Ok(found)
    }

    /// An account that may sign in, and its password's hash.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, who: &Login) -> Result<Option<(AccountBody, String)>, DatabaseError> {
        let query = sqlx::query("SELECT body, password FROM accounts WHERE login = $1").bind(who.as_str());
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let account: AccountBody = body(&row, "account")?;
        let password = row.try_get("password")?;
        Ok((!account.disabled).then_some((account, password)))
    }

    /// Keeps a session, and gives the token hashes of those that made room for it (see [`MAX_SESSIONS`]). `device` is for
    /// people. `None`, and nothing is kept, where the account has taken its sessions back since its generation was read:
    /// a sign-in takes a while, and was begun with another password.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_session(
        &self,
        session: &Signed,
        device: &str,
        now: Millis,
    ) -> Result<Option<Vec<String>>, DatabaseError> {
        let mut to = self.pool.begin().await?;
        // What changes of accounts take first: none of them comes between the look and the end.
        sqlx::query("UPDATE revisions SET number = number WHERE name = 'accounts'").execute(&mut *to).await?;
        let query = sqlx::query("SELECT body FROM accounts WHERE login = $1").bind(session.login.as_str());
        let account = query.fetch_optional(&mut *to).await?;
        let account: Option<AccountBody> = account.map(|row| body(&row, "account")).transpose()?;
        if account.is_none_or(|account| account.disabled || account.generation != session.generation) {
            return Ok(None);
        }
        let sql = "INSERT INTO sessions (token, login, device, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
        let query = sqlx::query(sql).bind(session.session.as_str()).bind(session.login.as_str()).bind(device);
        query.bind(big(now)).bind(big(session.expires_at)).execute(&mut *to).await?;
        // Never the new one, though a clock that was set back may have made it the oldest.
        let sql = "DELETE FROM sessions WHERE login = $1 AND token <> $2 AND token NOT IN
                   (SELECT token FROM sessions WHERE login = $1 AND token <> $2 ORDER BY created_at DESC LIMIT $3)
                   RETURNING token";
        let query = sqlx::query(sql).bind(session.login.as_str()).bind(session.session.as_str());
        let gone = query.bind(big(MAX_SESSIONS as u64 - 1)).fetch_all(&mut *to).await?;
        let gone = gone.iter().map(|row| row.try_get("token")).collect::<Result<_, _>>()?;
        to.commit().await?;
        Ok(Some(gone))
    }

    /// The session of a token's hash, while it lives and its account may sign in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn session(&self, session: &str, now: Millis) -> Result<Option<Signed>, DatabaseError> {
        let sql = "SELECT sessions.login AS login, expires_at, body FROM sessions
                   JOIN accounts ON accounts.login = sessions.login WHERE token = $1 AND expires_at > $2";
        let query = sqlx::query(sql).bind(session).bind(big(now));
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let account: AccountBody = body(&row, "account")?;
        let signed = Signed {
            login: login(&row, "login")?,
            session: session.to_owned(),
            generation: account.generation,
            expires_at: small(row.try_get("expires_at")?),
        };
        Ok((!account.disabled).then_some(signed))
    }

    /// Which of these sessions are not there (any more).
    ///
    /// # Errors
    /// The database failed.
    pub async fn sessions_over(&self, sessions: &[String]) -> Result<Vec<String>, DatabaseError> {
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> = (1..=sessions.len()).map(|number| format!("${number}")).collect();
        let sql = format!("SELECT token FROM sessions WHERE token IN ({})", places.join(", "));
        // Seldom as many as before, so it is not worth being remembered by the connection.
        let query = sqlx::query(&sql).persistent(false);
        let query = sessions.iter().fold(query, |query, session| query.bind(session.as_str()));
        let there = query.fetch_all(&self.pool).await?;
        let there = there.iter().map(|row| row.try_get("token")).collect::<Result<BTreeSet<String>, _>>()?;
        Ok(sessions.iter().filter(|session| !there.contains(*session)).cloned().collect())
    }

    /// Takes a session back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_session(&self, session: &str) -> Result<(), DatabaseError> {
        sqlx::query("DELETE FROM sessions WHERE token = $1").bind(session).execute(&self.pool).await?;
        Ok(())
    }
}

async fn change(
    to: &mut Transaction<'_, Any>,
    who: &Login,
    revoke: bool,
    edit: impl FnOnce(&mut AccountBody),
) -> Result<bool, DatabaseError> {
    // Taken first, it lets one change after the other read the account.
    changed(to).await?;
    let query = sqlx::query("SELECT body FROM accounts WHERE login = $1").bind(who.as_str());
    let Some(row) = query.fetch_optional(&mut **to).await? else { return Ok(false) };
    let mut account: AccountBody = body(&row, "account")?;
    edit(&mut account);
    if revoke {
        account.generation += 1;
        sqlx::query("DELETE FROM sessions WHERE login = $1").bind(who.as_str()).execute(&mut **to).await?;
    }
    let query = sqlx::query("UPDATE accounts SET body = $2 WHERE login = $1").bind(who.as_str());
    query.bind(json(&account)?).execute(&mut **to).await?;
    Ok(true)
}

async fn changed(to: &mut Transaction<'_, Any>) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE revisions SET number = number + 1 WHERE name = 'accounts'").execute(&mut **to).await?;
    Ok(())
}
