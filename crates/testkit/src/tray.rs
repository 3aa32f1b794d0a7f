//! A tray: the StatusNotifier watcher of the test's own, and the items that programs registered with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use zbus::{
    blocking::{Connection, Proxy, connection},
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use crate::{Desktop, wait};

/// How long one question to a program may take.
pub(crate) const ANSWER: Duration = Duration::from_secs(15);

/// What a program asked the watcher to show: bus name and object path.
type Registered = Arc<Mutex<Vec<(String, String)>>>;

/// A running watcher. Programs that start after it find a tray.
#[derive(Debug)]
pub struct Tray {
    connection: Connection,
    registered: Registered,
}

/// One icon in the tray, as it is now.
#[derive(Debug, Clone)]
pub struct TrayItem {
    connection: Connection,
    bus: String,
    path: String,
    /// `Active`, `Passive` or `NeedsAttention`.
    pub status: String,
    /// Name of the icon, or its file.
    pub icon: String,
    /// What a screen reader says.
    pub title: String,
    /// Object of its menu.
    menu: Option<OwnedObjectPath>,
}

/// The interface that programs look for.
struct Watcher {
    registered: Registered,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: &str) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        // An item gives either its object's path or a bus name with the usual path.
        let item = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered.iter().map(|(bus, path)| format!("{bus}{path}")).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl Tray {
    /// Puts a tray on the desktop.
    pub fn start(desktop: &Desktop) -> Result<Self> {
        let registered = Registered::default();
        let connection = connection::Builder::address(desktop.bus_address())?
            .method_timeout(ANSWER)
            .serve_at("/StatusNotifierWatcher", Watcher { registered: Arc::clone(&registered) })?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .context("cannot put a tray on the session bus")?;
        Ok(Self { connection, registered })
    }

    /// The icon that the process with this id shows, or one of its children.
    pub fn item_of(&self, process: u32) -> Result<Option<TrayItem>> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bus = zbus::blocking::fdo::DBusProxy::new(&self.connection)?;
        // The newest first: a program may have registered again.
        for (name, path) in registered.into_iter().rev() {
            let Ok(owner) = name.as_str().try_into() else { continue };
            // Those that ended stay on the list.
            if bus.get_connection_unix_process_id(owner).is_ok_and(|id| id == process) {
                return self.read(&name, &path).map(Some);
            }
        }
        Ok(None)
    }

    /// Waits until the process shows an icon that is as `good` wants it.
    pub fn wait_for(
        &self,
        what: &str,
        process: u32,
        limit: Duration,
        good: impl Fn(&TrayItem) -> bool,
    ) -> Result<TrayItem> {
        wait::until_some(&format!("a tray icon that {what}"), limit, || Ok(self.item_of(process)?.filter(&good)))
    }

    fn read(&self, bus: &str, path: &str) -> Result<TrayItem> {
        let proxy = Proxy::new(&self.connection, bus, path, "org.freedesktop.DBus.Properties")?;
        let all: HashMap<String, OwnedValue> =
            proxy.call("GetAll", &("org.kde.StatusNotifierItem",)).context("the tray icon does not answer")?;
        let text = |name: &str| match all.get(name).map(|value| &**value) {
            Some(Value::Str(text)) => text.to_string(),
            _ => String::new(),
        };
        let menu = match all.get("Menu").map(|value| &**value) {
            Some(Value::ObjectPath(path)) => Some(path.to_owned().into()),
            _ => None,
        };
        Ok(TrayItem {
            connection: self.connection.clone(),
            bus: bus.to_owned(),
            path: path.to_owned(),
            status: text("Status"),
            icon: text("IconName"),
            title: text("Title"),
            menu,
        })
    }
}

/// A line of a tray menu: its id, its properties, and the lines below it, as com.canonical.dbusmenu sends them.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl TrayItem {
    /// Where the item is, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}{}", self.bus, self.path)
    }

    /// The words of the menu, top to bottom, separators and hidden lines left out.
    pub fn menu(&self) -> Result<Vec<String>> {
        Ok(self.lines()?.into_iter().map(|(_, label)| label).collect())
    }

    /// Chooses the line called `label`.
    pub fn choose(&self, label: &str) -> Result<()> {
        let lines = self.lines()?;
        let Some((id, _)) = lines.iter().find(|(_, text)| text == label) else {
            let labels: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
            bail!("the tray menu has no line `{label}`, but {labels:?}");
        };
        let menu = self.proxy()?;
        menu.call::<_, _, ()>("Event", &(*id, "clicked", Value::from(0_i32), 0_u32))
            .context("the tray menu did not take the click")
    }

    fn proxy(&self) -> Result<Proxy<'static>> {
        let path = self.menu.clone().context("the tray icon has no menu")?;
        Ok(Proxy::new(&self.connection, self.bus.clone(), path, "com.canonical.dbusmenu")?)
    }

    fn lines(&self) -> Result<Vec<(i32, String)>> {
        let menu = self.proxy()?;
        // Some programs fill the menu when it is about to be shown only.
        let _: bool = menu.call("AboutToShow", &(0_i32,)).unwrap_or_default();
        let (_, root): (u32, Layout) =
            menu.call("GetLayout", &(0_i32, -1_i32, Vec::<&str>::new())).context("the tray menu does not answer")?;
        let mut lines = Vec::new();
        collect(root, &mut lines);
        Ok(lines)
    }
}

fn collect((id, properties, children): Layout, lines: &mut Vec<(i32, String)>) {
    let visible = !matches!(properties.get("visible").map(|value| &**value), Some(Value::Bool(false)));
    if let Some(Value::Str(label)) = properties.get("label").map(|value| &**value)
        && visible
    {
        // An underscore marks the access key.
        lines.push((id, label.replace('_', "")));
    }
    for child in children {
        if let Ok(child) = Layout::try_from(child) {
            collect(child, lines);
        }
    }
}
