// SPDX-License-Identifier: Apache-2.0

#if THREAD_SANITIZER
  internal import Foundation
#else
  internal import Synchronization
#endif

/// State that one thread at a time may touch.
///
/// The standard library's mutex, but for builds under the thread sanitizer, which has pthread's: on Linux the standard one
/// is handed over by the kernel when threads contend for it, which the sanitizer does not see; it then tells of races
/// between accesses that the mutex keeps apart.
package struct Guarded<State: ~Copyable>: ~Copyable, Sendable {
  #if THREAD_SANITIZER
    private final class Box: Sendable {
      let lock = NSLock()
      nonisolated(unsafe) var state: State

      init(_ state: consuming sending State) { self.state = state }
    }

    private let box: Box

    package init(_ state: consuming sending State) { box = Box(state) }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      box.lock.lock()
      defer { box.lock.unlock() }
      return try body(&box.state)
    }
  #else
    private let mutex: Mutex<State>

    package init(_ state: consuming sending State) { mutex = Mutex(state) }

    /// Not to be called from within `body`.
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      try mutex.withLock(body)
    }
  #endif
}
