//! The window, the page's files and the sockets' listener.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gtk::prelude::*;
use tao::event::{Event, WindowEvent};
use tao::event_loop::{ControlFlow, EventLoopBuilder};
use tao::platform::unix::WindowExtUnix;
use tao::window::WindowBuilder;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use wry::{WebViewBuilder, WebViewBuilderExtUnix, WebViewExtUnix};
use zvonok_peer::webkit::{self, Options};
use zvonok_peer::{PeerConfig, serve};

const ORIGIN: &str = "tauri://localhost";

struct Arguments {
    seconds: u64,
    page: PathBuf,
    name: String,
    query: String,
}

fn arguments() -> Arguments {
    let mut arguments = Arguments {
        seconds: 10,
        page: PathBuf::from("target/peer-page"),
        name: "index.html".to_owned(),
        query: String::new(),
    };
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = rest.next().unwrap_or_default();
        match name.as_str() {
            "--seconds" => arguments.seconds = value.parse().unwrap_or(10),
            "--page" => arguments.page = PathBuf::from(value),
            "--name" => arguments.name = value,
            "--query" => arguments.query = value,
            _ => println!("unknown argument {name}"),
        }
    }
    arguments
}

/// A file of the built page.
fn file(root: &Path, path: &str) -> http::Response<std::borrow::Cow<'static, [u8]>> {
    let path = path.trim_start_matches('/');
    let name = if path.is_empty() { "index.html" } else { path };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    };
    let inside = !name.split('/').any(|part| part == "..");
    let (status, body) = match std::fs::read(root.join(name)) {
        Ok(body) if inside => (200, body),
        _ => (404, Vec::new()),
    };
    let mut response = http::Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    }
    response
}

#[expect(clippy::result_large_err, reason = "tungstenite's callback wants it so")]
fn check(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    let origin = request.headers().get("origin").and_then(|origin| origin.to_str().ok());
    if origin == Some(ORIGIN) {
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(None);
    *refusal.status_mut() = http::StatusCode::FORBIDDEN;
    Err(refusal)
}

async fn connection(stream: TcpStream, config: PeerConfig) {
    if let Err(error) = stream.set_nodelay(true) {
        println!("nodelay: {error}");
    }
    match tokio_tungstenite::accept_hdr_async(stream, check).await {
        Ok(socket) => match serve(socket, config).await {
            Ok(()) => println!("a peer connection ended"),
            Err(error) => println!("a peer connection broke: {error}: {:?}", std::error::Error::source(&error)),
        },
        Err(error) => println!("no handshake: {error}"),
    }
}

fn listen(runtime: &tokio::runtime::Runtime) -> std::io::Result<SocketAddr> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let config = PeerConfig::default();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, config.clone()));
        }
    });
    Ok(address)
}

#[derive(Default)]
struct Seen {
    frames: f64,
    audible: f64,
    reports: u32,
}

fn number(report: &serde_json::Value, path: &str) -> f64 {
    report.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or(0.0)
}

fn show(report: &serde_json::Value, seen: &mut Seen) {
    if let Some(log) = report.get("log").and_then(serde_json::Value::as_str) {
        println!("page: {log}");
        return;
    }
    if report.get("near").is_none() {
        println!("page: {report}");
        return;
    }
    let frames = number(report, "/far/inbound-rtp-video/framesDecoded");
    let audible = number(report, "/far/inbound-rtp-audio/audibleSamplesReceived");
    println!(
        "captured {} encoded {} sent {} | received {} decoded {frames} ({}/s) longest freeze {:.3} s width {} | \
         sound sent {} received {} concealed {} audible {audible} | target {} estimate {} rtt {:.4}",
        number(report, "/near/outbound-rtp-video/frames"),
        number(report, "/near/outbound-rtp-video/framesEncoded"),
        number(report, "/near/outbound-rtp-video/framesSent"),
        number(report, "/far/inbound-rtp-video/framesReceived"),
        number(report, "/far/inbound-rtp-video/framesPerSecond"),
        number(report, "/far/inbound-rtp-video/longestFreeze"),
        number(report, "/width"),
        number(report, "/near/outbound-rtp-audio/totalSamplesSent"),
        number(report, "/far/inbound-rtp-audio/totalSamplesReceived"),
        number(report, "/far/inbound-rtp-audio/concealedSamples"),
        number(report, "/near/outbound-rtp-video/targetBitrate"),
        number(report, "/near/candidate-pair/availableOutgoingBitrate"),
        number(report, "/near/candidate-pair/currentRoundTripTime"),
    );
    *seen = Seen { frames, audible, reports: seen.reports + 1 };
}

pub(crate) fn run() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let Arguments { seconds, page, name, query } = arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    let Ok(address) = listen(&runtime) else { return ExitCode::FAILURE };

    let event_loop = EventLoopBuilder::<serde_json::Value>::with_user_event().build();
    let proxy = event_loop.create_proxy();
    let window = WindowBuilder::new().with_title("peer").with_inner_size(tao::dpi::LogicalSize::new(900.0, 650.0));
    let Ok(window) = window.build(&event_loop) else { return ExitCode::FAILURE };
    let Some(container) = window.default_vbox() else { return ExitCode::FAILURE };
    let view = WebViewBuilder::new()
        .with_custom_protocol("tauri".into(), move |_, request| file(&page, request.uri().path()))
        .with_ipc_handler(move |request| {
            let report = serde_json::from_str(request.body()).unwrap_or_default();
            if proxy.send_event(report).is_err() {
                println!("the window is gone");
            }
        })
        .with_url("about:blank")
        .build_gtk(container);
    let Ok(view) = view else { return ExitCode::FAILURE };
    let options = Options { mock_capture_devices: true, ..Options::new(ORIGIN) };
    println!("{:?}", webkit::prepare(&view.webview(), options));
    container.show_all();
    let url = format!("{ORIGIN}/{name}?sockets=ws://{address}/peer&{query}");
    if let Err(error) = view.load_url(&url) {
        println!("{error}");
        return ExitCode::FAILURE;
    }

    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seen = Seen::default();
    let mut closing = false;
    event_loop.run(move |event, _, flow| {
        *flow = ControlFlow::WaitUntil(end);
        #[expect(clippy::wildcard_enum_match_arm, reason = "an event loop has many events that are not ours")]
        match event {
            Event::UserEvent(report) => {
                if let Some(failed) = report.get("checks").and_then(serde_json::Value::as_u64) {
                    println!("{failed} checks failed");
                    closing = true;
                    *flow = ControlFlow::ExitWithCode(i32::from(failed > 0));
                    return;
                }
                show(&report, &mut seen);
            }
            Event::WindowEvent { event: WindowEvent::CloseRequested, .. } => *flow = ControlFlow::Exit,
            _ => {}
        }
        if Instant::now() >= end && !closing {
            closing = true;
            #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
            let enough = seen.frames > 10.0 * seconds as f64 && seen.audible > 4_800.0 * seconds as f64;
            println!(
                "{} frames, {} audible samples: {}",
                seen.frames,
                seen.audible,
                if enough { "good" } else { "bad" }
            );
            *flow = ControlFlow::ExitWithCode(i32::from(!enough));
        }
    });
}
