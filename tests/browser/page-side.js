// Runs in the page, before openvidu-browser: what tests ask of it.

(() => {
  const peers = [];
  const Native = globalThis.RTCPeerConnection;
  // How media may travel: every way that needs no server, or through relays only, or over TCP only; or by another UDP port.
  let way = 'direct';
  let port = 0;
  const refusals = [];
  // Keeps every peer connection for its statistics, and asks nobody on the Internet for its address.
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration) {
      super(way === 'relay' ? { ...configuration, iceTransportPolicy: 'relay' } : { ...configuration, iceServers: [] });
      peers.push(this);
      this.addEventListener('icecandidateerror', ({ url, errorCode }) => refusals.push({ url, code: errorCode }));
    }
    setRemoteDescription({ type, sdp }) {
      const without = (transport) => new RegExp(`a=candidate:\\S+ \\d+ ${transport} .*\\r\\n`, 'gi');
      if (way === 'tcp') sdp = sdp.replace(without('udp'), '');
      if (way === 'port') sdp = sdp.replace(without('tcp'), '').replace(/ 127\.0\.0\.1 \d+ typ host/g, ` 127.0.0.1 ${port} typ host`);
      return super.setRemoteDescription({ type, sdp });
    }
  };

  const events = [];
  let library, session, publisher;
  const subscribers = new Map();
  const plain = (value) => (value === undefined ? null : value);

  const watched = [
    'connectionCreated', 'connectionDestroyed', 'streamCreated', 'streamDestroyed', 'sessionDisconnected', 'signal',
    'signal:chat', 'streamPropertyChanged', 'reconnecting', 'reconnected', 'exception',
    'recordingStarted', 'recordingStopped', 'connectionPropertyChanged',
    'networkQualityLevelChanged',
  ];

  function record(name, event) {
    events.push({
      name,
      reason: plain(event?.reason),
      stream: plain(event?.stream?.streamId),
      connection: plain(event?.connection?.connectionId),
      data: plain(event?.data ?? event?.connection?.data),
      property: plain(event?.changedProperty),
      value: plain(event?.newValue),
      old: plain(event?.oldValue),
      from: plain(event?.from?.connectionId),
      recording: plain(event?.id),
      exception: plain(event?.name && event?.message && `${event.name}: ${event.message}`),
    });
  }

  globalThis.zvonok = {
    /** How the media of peer connections that are made from now on may travel: `direct`, `relay`, `tcp`, or by a `port`. */
    travel(by, udp = 0) {
      way = by;
      port = udp;
    },
    /** What STUN and TURN servers have refused. */
    refusals: () => refusals,
    refused: (code) => refusals.some((it) => it.code === code),
    /** How the media of each open peer connection does travel, and the servers that it was told of. */
    async ways() {
      const ways = [];
      for (const peer of peers.filter((it) => it.connectionState !== 'closed')) {
        const stats = await peer.getStats();
        const transport = [...stats.values()].find((it) => it.type === 'transport');
        const pair = stats.get(transport?.selectedCandidatePairId);
        const local = stats.get(pair?.localCandidateId);
        ways.push({
          state: peer.connectionState,
          gathering: peer.iceGatheringState,
          type: plain(local?.candidateType),
          protocol: plain(local?.protocol),
          relayProtocol: plain(local?.relayProtocol),
          servers: peer.getConfiguration().iceServers.flatMap((it) => it.urls),
        });
      }
      return ways;
    },
    /** The pictures that go out, each with the size's name where there are several, and those that come in. */
    async pictures() {
      const [out, into] = [[], []];
      for (const peer of peers.filter((it) => it.connectionState !== 'closed')) {
        for (const it of (await peer.getStats()).values()) {
          if (it.kind !== 'video') continue;
          if (it.type === 'outbound-rtp') out.push({ rid: plain(it.rid), frames: it.framesSent ?? 0, width: plain(it.frameWidth) });
          if (it.type === 'inbound-rtp') into.push({ frames: it.framesDecoded ?? 0, width: plain(it.frameWidth), height: plain(it.frameHeight) });
        }
      }
      return { out, into };
    },
    /** Says how much room there is for the first stream's pictures. */
    shows(width, height) {
      const [sender] = subscribers.keys();
      return new Promise((done, failed) => {
        const answered = (error) => (error ? failed(new Error(JSON.stringify(error))) : done());
        library.sendRequest('showsVideo', { sender, width, height }, answered);
      });
    },
    /** Joins; subscribes to every stream that is or will be there, unless told not to. */
    async join(token, { subscribe = true, data } = {}) {
      library = new OpenVidu();
      library.enableProdMode();
      session = library.initSession();
      for (const name of watched) session.on(name, (event) => record(name, event));
      if (subscribe) {
        session.on('streamCreated', ({ stream }) => zvonok.subscribe(stream));
      }
      session.on('streamDestroyed', ({ stream }) => subscribers.delete(stream.streamId));
      await session.connect(token, data);
      return session.connection.connectionId;
    },
    async joinFails(token) {
      try {
        await this.join(token);
        return null;
      } catch (error) {
        return { code: plain(error.code), message: String(error.message ?? error) };
      }
    },
    subscribe(stream) {
      const box = document.body.appendChild(document.createElement('div'));
      subscribers.set(stream.streamId, session.subscribe(stream, box));
    },
    async publish({ audio = true, video = true, loopback = false } = {}) {
      publisher = await library.initPublisherAsync(document.body.appendChild(document.createElement('div')), {
        audioSource: audio ? undefined : false,
        videoSource: video ? undefined : false,
        publishAudio: audio,
        publishVideo: video,
        resolution: '640x480',
        frameRate: 30,
        mirror: false,
      });
      publisher.on('streamDestroyed', (event) => record('publisherStreamDestroyed', event));
      if (loopback) publisher.subscribeToRemote();
      await session.publish(publisher);
      return publisher.stream.streamId;
    },
    publishFails: (options) => zvonok.publish(options).then(() => null, (error) => error.name ?? error.code ?? String(error.message ?? error)),
    mute: (kind, on) => (kind === 'audio' ? publisher.publishAudio(on) : publisher.publishVideo(on)),
    signal: (data, type, to = []) =>
      session.signal({
        data,
        type,
        to: to.map((id) => session.remoteConnections?.get?.(id) ?? session.remoteConnections?.[id]),
      }),
    unpublish: () => void session.unpublish(publisher),
    leave: () => session.disconnect(),
    remoteConnection: (id) => session.remoteConnections.get?.(id) ?? session.remoteConnections[id],
    async forceDisconnect(id) {
      await session.forceDisconnect(this.remoteConnection(id));
    },
    async forceUnpublish(id) {
      await session.forceUnpublish(this.remoteConnection(id).stream);
    },
    async forceDisconnectFails(id) {
      return session.forceDisconnect(this.remoteConnection(id)).then(() => null, (error) => plain(error.name ?? error.code));
    },
    unsubscribe(stream) {
      session.unsubscribe(subscribers.get(stream));
      subscribers.delete(stream);
    },
    subscribeAgain(stream) {
      const connections = [...(session.remoteConnections.values?.() ?? Object.values(session.remoteConnections))];
      zvonok.subscribe(connections.find((it) => it.stream?.streamId === stream).stream);
    },
    reconnectPublisher: () => publisher.stream.reconnect(),
    reconnectSubscribers: () => Promise.all([...subscribers.values()].map((it) => it.stream.reconnect())),
    event: (name) => events.find((event) => event.name === name) ?? null,
    events: (name) => events.filter((event) => event.name === name),
    streams: () => [...subscribers.keys()],
    remote: (stream) => {
      const { audioActive, videoActive, hasAudio, hasVideo } = subscribers.get(stream).stream;
      return { audioActive, videoActive, hasAudio, hasVideo };
    },
    /** What every peer connection has received and sent, together. */
    async media() {
      const sum = { frames: 0, keyFrames: 0, audio: 0, energy: 0, sentFrames: 0, receiving: 0, lost: 0, nacks: 0 };
      for (const peer of peers) {
        if (peer.connectionState === 'closed') continue;
        for (const it of (await peer.getStats()).values()) {
          if (it.type === 'inbound-rtp') sum.lost += it.packetsLost ?? 0;
          if (it.type === 'inbound-rtp' && it.kind === 'video') {
            sum.receiving += 1;
            sum.frames += it.framesDecoded ?? 0;
            sum.keyFrames += it.keyFramesDecoded ?? 0;
            sum.nacks += it.nackCount ?? 0;
          }
          if (it.type === 'inbound-rtp' && it.kind === 'audio') {
            sum.audio += it.packetsReceived ?? 0;
            sum.energy += it.totalAudioEnergy ?? 0;
          }
          if (it.type === 'outbound-rtp' && it.kind === 'video') sum.sentFrames += it.framesEncoded ?? 0;
        }
      }
      return sum;
    },
    /** Whether at least so many frames were sent. */
    sends: async (frames) => (await zvonok.media()).sentFrames >= frames,
    canCode: (codec) =>
      RTCRtpSender.getCapabilities('video').codecs.some((it) => it.mimeType === `video/${codec}`),
    /** What is received is coded with. */
    async codecs() {
      const found = new Set();
      for (const peer of peers) {
        const stats = [...(await peer.getStats()).values()];
        for (const it of stats.filter((it) => it.type === 'inbound-rtp' && it.kind === 'video')) {
          found.add(stats.find((codec) => codec.id === it.codecId)?.mimeType);
        }
      }
      return [...found].join();
    },
    /** Whether at least that much was decoded and heard on top of `base`. */
    async flows(frames, audio, base = { frames: 0, audio: 0, energy: 0 }) {
      const now = await this.media();
      const heard = audio === 0 || now.energy > base.energy;
      return now.frames - base.frames >= frames && now.audio - base.audio >= audio && heard ? now : null;
    },
    async report() {
      return { events, media: await this.media(), peers: peers.map((it) => `${it.connectionState}/${it.iceConnectionState}`) };
    },
  };
})();
