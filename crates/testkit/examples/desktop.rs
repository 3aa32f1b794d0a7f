//! Runs a command on a desktop of its own: `cargo run -p zvonok-testkit --example desktop -- zvonok --profile one`.

#![expect(clippy::print_stderr, reason = "an example talks to a terminal")]

fn main() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use anyhow::Context;
        let words: Vec<String> = std::env::args().skip(1).collect();
        let (program, arguments) = words.split_first().context("what is to run on the desktop?")?;
        let desktop = zvonok_testkit::Desktop::start(zvonok_testkit::Parts::default())?;
        let status = desktop.command(program).args(arguments).status().context("it did not start")?;
        eprintln!("played {:?}, audible {:?}", desktop.sound()?.played(), desktop.sound()?.audible());
        anyhow::ensure!(status.success(), "it ended with {status}");
    }
    Ok(())
}
