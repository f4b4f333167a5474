// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Changes of one function's policy, one after the other.
///
/// Lambda reads the policy, changes it and writes it back: of two changes at once one may be lost, and both are answered as done.
final class FunctionTurns: Sendable {
  static let shared = FunctionTurns()

  /// Function → who waits for its turn; a function whose turn nobody has is not in it.
  private let waiting = Guarded<[String: [CheckedContinuation<Void, Never>]]>([:])

  func take<T>(_ function: String, _ change: () async throws(CallError) -> T) async throws(CallError) -> T {
    await begin(function)
    defer { end(function) }
    return try await change()
  }

  private func begin(_ function: String) async {
    await withCheckedContinuation { continuation in
      let isFree = waiting.withLock { waiting in
        guard waiting[function] != nil else {
          waiting[function] = []
          return true
        }
        waiting[function]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func end(_ function: String) {
    let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
      guard var others = waiting[function], !others.isEmpty else {
        waiting[function] = nil
        return nil
      }
      let next = others.removeFirst()
      waiting[function] = others
      return next
    }
    next?.resume()
  }
}
