#!/usr/bin/python3
"""An IP camera: GStreamer's RTSP server with a test picture and sound. Arguments: port, name, sound (alaw, mulaw, aac, none),
user and password (both empty for none), for TLS the file of a certificate and that of its key (both empty for none), and the address to listen on.
Prints the port when it listens."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer

port, name, sound, user, password, certificate, key, address = sys.argv[1:]
Gst.init(None)
SOUNDS = {
    "alaw": "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1",
    "mulaw": "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1",
    "aac": "audiotestsrc is-live=true ! avenc_aac ! rtpmp4gpay name=pay1",
    "none": "",
}
server = GstRtspServer.RTSPServer()
server.set_address(address)
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 " + SOUNDS[sound] + " )"
)
factory.set_shared(True)
auth = GstRtspServer.RTSPAuth()
if certificate:
    auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(certificate, key))
    server.set_auth(auth)
if user or certificate:
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if user:
        auth.add_digest(user, password, token)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    else:
        auth.set_default_token(token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/" + name, factory)
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(port, flush=True)
GLib.MainLoop().run()
