// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Core
internal import Glibc

/// The thread that owns libcurl's multi handle, and the inbox through which other threads reach it.
final class CurlLoop: Sendable {
  private enum Command {
    case start(Exchange)
    case cancel(Exchange)
  }

  private struct Inbox: ~Copyable {
    var commands: [Command] = []
    var isStopping = false
    /// Gone once the thread has released the handle: no wake-up may touch it then.
    var multi: MultiHandle?
  }

  private let inbox: Guarded<Inbox>
  private let settings: TransportSettings

  init(_ settings: TransportSettings) throws(TransportError) {
    guard Self.isLibraryReady, let multi = curl_multi_init() else {
      throw TransportError(.refused, .notSent, "libcurl does not start")
    }
    self.settings = settings
    inbox = Guarded(Inbox(multi: MultiHandle(raw: multi)))
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadStart(loop: self, multi: MultiHandle(raw: multi)))
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        start.loop.run(start.multi.raw)
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      curl_multi_cleanup(multi)
      throw TransportError(.refused, .notSent, "no thread for transfers: \(String(cString: strerror(status)))")
    }
    pthread_detach(thread)
  }

  func start(_ exchange: Exchange) { post(.start(exchange)) }
  func cancel(_ exchange: Exchange) { post(.cancel(exchange)) }

  /// Ends the thread; transfers under way end as cancelled.
  func stop() {
    inbox.withLock { inbox in
      inbox.isStopping = true
      if let multi = inbox.multi { curl_multi_wakeup(multi.raw) }
    }
  }

  private func post(_ command: Command) {
    let isAccepted = inbox.withLock { inbox in
      guard let multi = inbox.multi, !inbox.isStopping else { return false }
      inbox.commands.append(command)
      curl_multi_wakeup(multi.raw)
      return true
    }
    if !isAccepted, case .start(let exchange) = command { exchange.settle(.failure(.cancelled(.notSent))) }
  }

  // MARK: On the thread

  private func run(_ multi: UnsafeMutableRawPointer) {
    Self.blockSignals()
    _ = harecon_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
    let share = SharedCaches()
    var transfers = TransferTable(multi: multi, share: share, settings: settings)
    while let commands = takeCommands() {
      for command in commands {
        switch command {
        case .start(let exchange): transfers.start(exchange)
        case .cancel(let exchange): transfers.cancel(exchange)
        }
      }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      transfers.collect()
      // Timeouts inside libcurl shorten the wait; commands end it through the wake-up.
      curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    let leftOver = inbox.withLock { inbox in
      inbox.multi = nil
      return inbox.commands
    }
    for case .start(let exchange) in leftOver { exchange.settle(.failure(.cancelled(.notSent))) }
    transfers.cancelAll()
    curl_multi_cleanup(multi)
    share.release()
  }

  /// What has been asked for since the last look; nil when the thread shall end.
  private func takeCommands() -> [Command]? {
    inbox.withLock { inbox in
      guard !inbox.isStopping else { return nil }
      defer { inbox.commands.removeAll(keepingCapacity: true) }
      return inbox.commands
    }
  }

  /// A peer that goes away while OpenSSL writes to it raises SIGPIPE on this thread, which would end the process; all other
  /// signals belong to the threads that wait for them.
  private static func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }

  /// Runs once, before any handle exists, however many clients there are.
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// libcurl's handle as other threads see it.
///
/// Unchecked because a pointer cannot say which thread may use it: only `curl_multi_wakeup`, which libcurl allows on any
/// thread, is called off the loop's own, and only under the inbox's lock while the handle is alive.
private struct MultiHandle: @unchecked Sendable {
  let raw: UnsafeMutableRawPointer
}

/// What the new thread starts with.
private final class ThreadStart: Sendable {
  let loop: CurlLoop
  let multi: MultiHandle

  init(loop: CurlLoop, multi: MultiHandle) {
    self.loop = loop
    self.multi = multi
  }
}

/// TLS sessions for all transfers, so that a further connection to a host resumes instead of shaking hands in full.
///
/// Used on one thread only, hence without lock functions.
struct SharedCaches {
  let handle: UnsafeMutableRawPointer?

  init() {
    handle = curl_share_init().map { UnsafeMutableRawPointer($0) }
    if let handle { _ = harecon_curl_share_set(handle, CURL_LOCK_DATA_SSL_SESSION) }
  }

  func release() {
    if let handle { curl_share_cleanup(handle) }
  }
}
