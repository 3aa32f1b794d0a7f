//! What a screen reader sees, over AT-SPI: elements by role and name, pressed, read and written.

use std::{collections::VecDeque, time::Duration};

use anyhow::{Context, Result, bail};
use zbus::{
    blocking::{Connection, Proxy, connection},
    proxy::CacheProperties,
    zvariant::OwnedObjectPath,
};

use crate::{Desktop, tray::ANSWER, wait};

/// How many elements a search looks at before it gives up: ten times what Zvonok's fullest window has.
const SEARCH: usize = 5_000;

/// Bit numbers of AT-SPI's state set (`AtspiStateType`).
const ENABLED: u32 = 8;
const FOCUSED: u32 = 12;
const SHOWING: u32 = 25;
const CHECKED: u32 = 4;
const PRESSED: u32 = 20;

/// Roles by their number in AT-SPI (`AtspiRole`), those that a test does not tell apart under one word.
const ROLES: &[(u32, &str)] = &[
    (2, "alert"),
    (7, "check box"),
    (11, "field"),
    (16, "dialog"),
    (23, "frame"),
    (27, "image"),
    (29, "label"),
    (31, "list"),
    (32, "list item"),
    (35, "menu item"),
    (37, "tab"),
    (40, "field"),
    (43, "button"),
    (44, "radio button"),
    (52, "field"),
    (61, "field"),
    (62, "button"),
    (73, "paragraph"),
    (75, "application"),
    (79, "field"),
    (83, "heading"),
    (85, "section"),
    (88, "link"),
    (95, "document"),
    (130, "switch"),
];

/// The accessibility tree of a desktop.
#[derive(Debug, Clone)]
pub struct Accessibility {
    connection: Connection,
}

/// One element in it.
#[derive(Debug, Clone)]
pub struct Element {
    connection: Connection,
    bus: String,
    path: OwnedObjectPath,
}

impl Accessibility {
    /// Joins the tree of a desktop.
    pub fn open(desktop: &Desktop) -> Result<Self> {
        let session = connection::Builder::address(desktop.bus_address())?.method_timeout(ANSWER).build()?;
        let bus = Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus")?;
        let address: String = bus.call("GetAddress", &()).context("there is no accessibility bus")?;
        let connection = connection::Builder::address(address.as_str())?
            .method_timeout(ANSWER)
            .build()
            .context("cannot join the accessibility bus")?;
        Ok(Self { connection })
    }

    /// The programs in the tree, each its top element.
    pub fn programs(&self) -> Result<Vec<Element>> {
        let root = Element {
            connection: self.connection.clone(),
            bus: "org.a11y.atspi.Registry".to_owned(),
            path: OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root")?,
        };
        root.children()
    }

    /// The program with this process id.
    pub fn program(&self, process: u32) -> Result<Option<Element>> {
        let bus = zbus::blocking::fdo::DBusProxy::new(&self.connection)?;
        for program in self.programs()? {
            let Ok(owner) = program.bus.as_str().try_into() else { continue };
            if bus.get_connection_unix_process_id(owner).is_ok_and(|id| id == process) {
                return Ok(Some(program));
            }
        }
        Ok(None)
    }

    /// The first element of the process's windows with one of the roles and exactly this name that is on the screen.
    ///
    /// `button` stands for push and toggle buttons alike, `field` for everything that text is typed into, `any` for
    /// all.
    pub fn find(&self, process: u32, role: &str, name: &str) -> Result<Option<Element>> {
        let Some(program) = self.program(process)? else { return Ok(None) };
        program.find(role, name)
    }

    /// Waits until [`find`](Self::find) finds something.
    pub fn wait_for(&self, process: u32, role: &str, name: &str, limit: Duration) -> Result<Element> {
        wait::until_some(&format!("a {role} called `{name}`"), limit, || self.find(process, role, name))
            .map_err(|error| error.context(format!("what could be read:\n{}", self.outline(process))))
    }

    /// Waits until no such element is there any more.
    pub fn wait_gone(&self, process: u32, role: &str, name: &str, limit: Duration) -> Result<()> {
        wait::until(&format!("the {role} called `{name}` to go"), limit, || {
            Ok(self.find(process, role, name)?.is_none())
        })
    }

    /// Waits for a button and presses it.
    pub fn press(&self, process: u32, name: &str, limit: Duration) -> Result<()> {
        self.wait_for(process, "button", name, limit)?.press()
    }

    /// Waits until `text` can be read somewhere in the process's windows.
    pub fn wait_text(&self, process: u32, text: &str, limit: Duration) -> Result<()> {
        wait::until(&format!("the words `{text}`"), limit, || {
            let Some(program) = self.program(process)? else { return Ok(false) };
            Ok(program.search(|element| Ok(element.is_showing()? && element.says(text)))?.is_some())
        })
        .map_err(|error| error.context(format!("what could be read:\n{}", self.outline(process))))
    }

    /// Everything with a name or a text in the process's windows, a line each: what a failed test shows.
    #[must_use]
    pub fn outline(&self, process: u32) -> String {
        let mut lines = String::new();
        match self.program(process) {
            Ok(Some(program)) => program.write_outline(0, &mut lines),
            Ok(None) => lines.push_str("the program has no windows in the accessibility tree"),
            Err(error) => lines.push_str(&format!("{error:#}")),
        }
        lines
    }
}

impl Element {
    fn proxy(&self, interface: &'static str) -> Result<Proxy<'static>> {
        Ok(zbus::blocking::proxy::Builder::new(&self.connection)
            .destination(self.bus.clone())?
            .path(self.path.clone())?
            .interface(interface)?
            .cache_properties(CacheProperties::No)
            .build()?)
    }

    fn accessible(&self) -> Result<Proxy<'static>> {
        self.proxy("org.a11y.atspi.Accessible")
    }

    /// Elements directly below it. One that is just going away has none.
    pub fn children(&self) -> Result<Vec<Self>> {
        let accessible = self.accessible()?;
        let mut list: Vec<(String, OwnedObjectPath)> =
            accessible.call("GetChildren", &()).context("an element does not tell its children")?;
        if list.is_empty() {
            // Where a web page begins, GTK 3 counts one child and lists none, but gives it when asked by number.
            let count: i32 = accessible.get_property("ChildCount").unwrap_or_default();
            for index in 0..count {
                list.push(accessible.call("GetChildAtIndex", &(index,)).context("an element does not tell a child")?);
            }
        }
        let null = "/org/a11y/atspi/null";
        Ok(list
            .into_iter()
            .filter(|(bus, path)| !bus.is_empty() && path.as_str() != null)
            .map(|(bus, path)| Self { connection: self.connection.clone(), bus, path })
            .collect())
    }

    /// What it is, in a word of [`find`](Self::find); roles that no window of ours has are called by their number.
    pub fn role(&self) -> Result<String> {
        // Web pages answer the number and leave the name empty.
        let number: u32 = self.accessible()?.call("GetRole", &()).context("an element does not tell its role")?;
        Ok(ROLES
            .iter()
            .find(|(known, _)| *known == number)
            .map_or_else(|| number.to_string(), |(_, word)| (*word).to_owned()))
    }

    /// What a screen reader calls it.
    pub fn name(&self) -> Result<String> {
        let name: String = self.accessible()?.get_property("Name").context("an element does not tell its name")?;
        // WebKit adds a field's placeholder to its label, also where both are the same.
        let half = name.len() / 2;
        Ok(match (name.get(..half), name.get(half..).and_then(|rest| rest.strip_prefix(' '))) {
            (Some(label), Some(placeholder)) if label == placeholder => label.to_owned(),
            _ => name,
        })
    }

    fn state(&self, bit: u32) -> Result<bool> {
        let words: Vec<u32> = self.accessible()?.call("GetState", &()).context("an element does not tell its state")?;
        Ok(words.get((bit / 32) as usize).is_some_and(|word| word >> (bit % 32) & 1 == 1))
    }

    /// Whether it is on the screen.
    pub fn is_showing(&self) -> Result<bool> {
        self.state(SHOWING)
    }

    /// Whether it can be used.
    pub fn is_enabled(&self) -> Result<bool> {
        self.state(ENABLED)
    }

    /// Whether it has the keyboard.
    pub fn is_focused(&self) -> Result<bool> {
        self.state(FOCUSED)
    }

    /// Whether a check box is ticked or a toggle is in.
    pub fn is_on(&self) -> Result<bool> {
        Ok(self.state(CHECKED)? || self.state(PRESSED)?)
    }

    /// Its text, for those that hold one.
    pub fn text(&self) -> Result<String> {
        self.proxy("org.a11y.atspi.Text")?.call("GetText", &(0_i32, -1_i32)).context("an element has no text")
    }

    /// Left edge, top edge, width and height on the screen, in pixels.
    pub fn place(&self) -> Result<(i32, i32, i32, i32)> {
        self.proxy("org.a11y.atspi.Component")?.call("GetExtents", &(0_u32,)).context("an element has no place")
    }

    /// Gives it the keyboard.
    pub fn focus(&self) -> Result<()> {
        let taken: bool =
            self.proxy("org.a11y.atspi.Component")?.call("GrabFocus", &()).context("an element takes no keyboard")?;
        if !taken {
            bail!("{} did not take the keyboard", self.describe());
        }
        Ok(())
    }

    /// Presses it, or does whatever its one action is.
    pub fn press(&self) -> Result<()> {
        if !self.is_enabled()? {
            bail!("{} cannot be pressed now", self.describe());
        }
        let done: bool = self
            .proxy("org.a11y.atspi.Action")?
            .call("DoAction", &(0_i32,))
            .with_context(|| format!("{} cannot be pressed", self.describe()))?;
        if !done {
            bail!("{} did not let itself be pressed", self.describe());
        }
        Ok(())
    }

    /// Replaces its text by typing, as a person does.
    pub fn fill(&self, desktop: &Desktop, text: &str) -> Result<()> {
        self.focus()?;
        wait::until(&format!("{} to have the keyboard", self.describe()), ANSWER, || self.is_focused())?;
        desktop.press_key("ctrl+a")?;
        desktop.press_key("BackSpace")?;
        desktop.type_text(text)
    }

    /// The first element at or below this one with this role and name that is on the screen. A field may be scrolled
    /// out of sight: giving it the keyboard brings it back.
    pub fn find(&self, role: &str, name: &str) -> Result<Option<Self>> {
        self.search(|element| {
            Ok(element.name()? == name
                && role_fits(role, &element.role()?)
                && (role == "field" || element.is_showing()?))
        })
    }

    /// Every element at or below this one with this role that is on the screen.
    pub fn all(&self, role: &str) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        self.search(|element| {
            if role_fits(role, &element.role()?) && element.is_showing()? {
                found.push(element.clone());
            }
            Ok(false)
        })?;
        Ok(found)
    }

    /// Breadth first. Elements that vanish while they are looked at are passed over.
    fn search(&self, mut good: impl FnMut(&Self) -> Result<bool>) -> Result<Option<Self>> {
        let mut waiting = VecDeque::from([self.clone()]);
        for _ in 0..SEARCH {
            let Some(element) = waiting.pop_front() else { return Ok(None) };
            if good(&element).unwrap_or(false) {
                return Ok(Some(element));
            }
            waiting.extend(element.children().unwrap_or_default());
        }
        bail!("more than {SEARCH} elements")
    }

    fn says(&self, text: &str) -> bool {
        self.name().is_ok_and(|name| name.contains(text)) || self.text().is_ok_and(|own| own.contains(text))
    }

    fn describe(&self) -> String {
        format!("the {} `{}`", self.role().unwrap_or_default(), self.name().unwrap_or_default())
    }

    fn write_outline(&self, depth: usize, lines: &mut String) {
        let role = self.role().unwrap_or_default();
        let name = self.name().unwrap_or_default();
        let text = self.text().unwrap_or_default();
        if !name.is_empty() || !text.is_empty() {
            let hidden = if self.is_showing().unwrap_or(false) { "" } else { " (not showing)" };
            let text = if text == name || text.is_empty() { String::new() } else { format!(" = {text:?}") };
            lines.push_str(&format!("{:depth$}{role} {name:?}{text}{hidden}\n", ""));
        }
        // Deeper than any window of ours: the tree may have loops.
        if depth < 40 {
            for child in self.children().unwrap_or_default() {
                child.write_outline(depth + 1, lines);
            }
        }
    }
}

fn role_fits(wanted: &str, role: &str) -> bool {
    wanted == "any" || wanted == role
}
