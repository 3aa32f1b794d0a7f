//! A GTK dialog with a password entry that screen readers announce.

use ::gtk::{Align, Dialog, DialogFlags, Entry, InputPurpose, Label, ResponseType, Window, prelude::*};
use tauri::AppHandle;
use tokio::sync::oneshot;
use zvonok_openvidu::Secret;

use super::Words;
use crate::core::Question;

/// Asks on the main thread; `None` when the person closed the dialog.
pub(crate) fn ask(app: &AppHandle, question: Question, reply: oneshot::Sender<Option<Secret>>) {
    let shown = app.run_on_main_thread(move || dialog(&Words::of(question), reply));
    if let Err(error) = shown {
        tracing::error!(%error, "nothing can be asked for");
    }
}

fn dialog(words: &Words, reply: oneshot::Sender<Option<Secret>>) {
    let buttons = [("Cancel", ResponseType::Cancel), (words.give, ResponseType::Ok)];
    let dialog = Dialog::with_buttons(Some(words.title), None::<&Window>, DialogFlags::MODAL, &buttons);
    dialog.set_default_response(ResponseType::Ok);
    dialog.set_keep_above(true);
    let label = Label::with_mnemonic(&format!("_{}", words.label.replace('_', "__")));
    label.set_halign(Align::Start);
    let entry = Entry::new();
    entry.set_visibility(false);
    entry.set_input_purpose(InputPurpose::Password);
    entry.set_activates_default(true);
    entry.set_width_chars(36);
    label.set_mnemonic_widget(Some(&entry));
    if let Some(accessible) = entry.accessible() {
        use ::gtk::atk::prelude::AtkObjectExt;
        accessible.set_name(words.field);
    }
    let area = dialog.content_area();
    area.set_spacing(8);
    area.set_margin(16);
    area.pack_start(&label, false, false, 0);
    area.pack_start(&entry, false, false, 0);
    let reply = std::cell::Cell::new(Some(reply));
    dialog.connect_response(move |dialog, response| {
        let text = entry.text();
        let secret = (response == ResponseType::Ok && !text.is_empty()).then(|| Secret::new(text.as_str()));
        entry.set_text("");
        if let Some(reply) = reply.take()
            && reply.send(secret).is_err()
        {
            tracing::debug!("nobody waits for the secret any more");
        }
        dialog.close();
    });
    dialog.show_all();
    dialog.present();
}
