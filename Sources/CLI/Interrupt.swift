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
  ///
  /// - Parameter tell: says something to the person, without getting in the way of what shows the progress.
  init(_ cancellation: Cancellation, tell: @escaping @Sendable (String) -> Void) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        guard !cancellation.isRequested else {
          tell("left at once: what was under way may or may not have happened; the next run looks and goes on")
          _exit(130)
        }
        tell("stopping: what is under way is finished first; once more to leave at once")
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
