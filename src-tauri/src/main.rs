//! The desktop app.
fn main() {
    zvonok_app::run();
}
