//! Who can be called: the hub's directory, or this profile's own list where the hub has none.

use zvonok_ipc::{Person, Presence};

use crate::settings::Contact;

/// The embedded server's echo test.
const ECHO: &str = "echo";

/// The directory as the hub last told it.
#[derive(Debug, Default)]
pub(super) struct People {
    directory: Option<Vec<Person>>,
}

impl People {
    /// A hub with a directory told it; without one, there is none.
    pub(super) fn replace(&mut self, directory: Option<Vec<Person>>) {
        self.directory = directory;
    }

    /// Somebody came or went.
    pub(super) fn presence(&mut self, login: &str, status: Presence, last_seen: Option<i64>) {
        let Some(directory) = &mut self.directory else { return };
        match directory.iter_mut().find(|person| person.login == login) {
            Some(person) => {
                person.status = status;
                person.last_seen = last_seen.or(person.last_seen);
            }
            None => directory.push(Person {
                login: login.to_owned(),
                name: login.to_owned(),
                status,
                last_seen,
                own_contact: false,
                echo: false,
            }),
        }
    }

    /// Nobody's presence is known while the hub is away.
    pub(super) fn unknown(&mut self) {
        for person in self.directory.iter_mut().flatten() {
            person.status = Presence::Unknown;
        }
    }

    /// What windows list: everybody but oneself.
    pub(super) fn list(&self, contacts: &[Contact], me: &str, embedded: bool) -> Vec<Person> {
        let mut people: Vec<Person> = match &self.directory {
            Some(directory) => directory.iter().filter(|person| person.login != me).cloned().collect(),
            None => contacts.iter().map(own).collect(),
        };
        for person in &mut people {
            person.echo = embedded && person.login == ECHO;
            person.own_contact = contacts.iter().any(|contact| contact.login == person.login);
        }
        people.sort_by_key(|person| (!person.echo, person.name.to_lowercase()));
        people
    }

    /// The display name of `login`, or the login itself.
    pub(super) fn name(&self, contacts: &[Contact], login: &str) -> String {
        let listed = self.directory.iter().flatten().find(|person| person.login == login).map(|person| &person.name);
        let kept = || contacts.iter().find(|contact| contact.login == login).map(|contact| &contact.name);
        listed.or_else(kept).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| login.to_owned())
    }
}

fn own(contact: &Contact) -> Person {
    Person {
        login: contact.login.clone(),
        name: if contact.name.is_empty() { contact.login.clone() } else { contact.name.clone() },
        status: Presence::Unknown,
        last_seen: None,
        own_contact: true,
        echo: false,
    }
}
