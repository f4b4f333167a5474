// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Engine

#if canImport(Glibc)
  internal import Glibc
#endif

/// Ctrl-C and SIGTERM while something is being changed: the first asks the run to stop at a good place, the second ends it.
final class Interrupt {
  private let sources: [any DispatchSourceSignal]

  /// Takes the signals over until `restore`.
  init(_ console: Console, _ cancellation: Cancellation) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        guard !cancellation.isRequested else { _exit(130) }
        console.tell("stopping: what is under way is finished first; once more to leave at once")
        cancellation.request()
      }
      source.activate()
      return source
    }
  }

  func restore() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
