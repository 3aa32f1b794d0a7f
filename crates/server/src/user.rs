//! `zvonok-server user`: accounts from the command line, also while the server runs.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use zvonok_server::accounts::{self, Account, AccountBody, AccountRole};
use zvonok_server::database::{Database, Place};
use zvonok_signaling_proto::{Login, MAX_NAME_CHARS};

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Adds an account. The password is asked for, or is the first line of standard input.
    Add {
        /// 1 to 64 letters, digits, `_` or `-`.
        login: Login,
        #[command(flatten)]
        settings: Settings,
    },
    /// Gives an account another password and signs it out everywhere.
    Passwd {
        /// Whose.
        login: Login,
    },
    /// Changes what an account is called and may do.
    Set {
        /// Whose.
        login: Login,
        #[command(flatten)]
        settings: Settings,
    },
    /// Signs an account out everywhere and lets it in no more.
    Disable {
        /// Whose.
        login: Login,
    },
    /// Lets a disabled account in again.
    Enable {
        /// Whose.
        login: Login,
    },
    /// Lists all accounts.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// How others see this person.
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// What this person may do.
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// Whom this person may call, as LOGIN,LOGIN; `everybody` without the flag.
    #[arg(long, value_name = "LOGINS", value_parser = may_call)]
    may_call: Option<MayCall>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Calls and is called.
    Member,
    /// Calls everybody, whatever the list says.
    Admin,
}

#[derive(Debug, Clone)]
struct MayCall(Option<BTreeSet<Login>>);

impl Settings {
    fn apply(self, body: &mut AccountBody) {
        if let Some(name) = self.name {
            body.name = name;
        }
        if let Some(role) = self.role {
            body.role = match role {
                Role::Member => AccountRole::Member,
                Role::Admin => AccountRole::Admin,
            };
        }
        if let Some(MayCall(list)) = self.may_call {
            body.may_call = list;
        }
    }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(format!("a name has 1 to {MAX_NAME_CHARS} letters"));
    }
    Ok(text.to_owned())
}

fn may_call(text: &str) -> Result<MayCall, String> {
    if text == "everybody" {
        return Ok(MayCall(None));
    }
    let logins = text.split(',').map(str::trim).filter(|login| !login.is_empty());
    let logins: Result<BTreeSet<_>, _> = logins.map(str::parse).collect();
    logins.map(|logins| MayCall(Some(logins))).map_err(|error| error.to_string())
}

/// Does it, and says so.
pub(crate) async fn run(user: User, place: &Place) -> anyhow::Result<()> {
    if *place == Place::Memory {
        bail!("accounts need a database that keeps them");
    }
    let database = Database::open(place).await?;
    let (done, login, what) = match user {
        User::Add { login, settings } => {
            let mut body = AccountBody { name: login.to_string(), ..AccountBody::default() };
            settings.apply(&mut body);
            let password = accounts::hash(&password(&login)?)?;
            let account = Account { login: login.clone(), body };
            if !database.add_account(&account, &password).await? {
                bail!("{login} has an account already");
            }
            (true, login, "has an account")
        }
        User::Passwd { login } => {
            let password = accounts::hash(&password(&login)?)?;
            (database.set_password(&login, &password).await?, login, "has another password")
        }
        User::Set { login, settings } => {
            (database.edit(&login, |body| settings.apply(body)).await?, login, "is changed")
        }
        User::Disable { login } => (database.disable(&login, true).await?, login, "is disabled"),
        User::Enable { login } => (database.disable(&login, false).await?, login, "is enabled"),
        User::List => {
            list(&database.accounts().await?)?;
            database.close().await;
            return Ok(());
        }
    };
    database.close().await;
    if !done {
        bail!("{login} has no account");
    }
    writeln!(std::io::stdout(), "{login} {what}").context("cannot print")
}

/// From the terminal, twice and unseen, or the first line of what is piped in.
fn password(login: &Login) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("no password came on standard input")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password(format!("Password for {login}: ")).context("no password")?;
    let second = rpassword::prompt_password("Again: ").context("no password")?;
    if first != second {
        bail!("the two passwords are not the same");
    }
    Ok(first)
}

fn list(accounts: &[Account]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for Account { login, body } in accounts {
        let state = if body.disabled { "disabled" } else { body.role.as_str() };
        let may_call = body.may_call.as_ref().map(|list| {
            let list: Vec<_> = list.iter().map(Login::as_str).collect();
            format!("  calls {}", if list.is_empty() { "nobody".to_owned() } else { list.join(",") })
        });
        writeln!(out, "{login:<24} {state:<8}  {}{}", body.name, may_call.unwrap_or_default())
            .context("cannot print")?;
    }
    Ok(())
}
