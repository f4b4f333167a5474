// SPDX-License-Identifier: Apache-2.0

/// One look at everything, in which several kinds want to know the same: it is asked once, and all have the answer.
///
/// An answer is as old as the look. Whoever is about to change something, or waits for a change, looks without.
package final class Look: Sendable {
  private typealias Answer = Result<any Sendable, CallError>

  private let asked = Guarded<[String: Task<Answer, Never>]>([:])

  package init() {}

  /// The answer to a question, which the first to come asks and all others wait for. A failure is everybody's.
  ///
  /// - Parameter question: names what is asked, with all that it depends on.
  /// - Precondition: the same question has answers of one type.
  package func answer<T: Sendable>(
    to question: String, _ ask: @escaping @Sendable () async throws(CallError) -> T
  ) async throws(CallError) -> T {
    let asking = asked.withLock { asked in
      if let asking = asked[question] { return asking }
      let asking = Task { await Self.outcome(ask) }
      asked[question] = asking
      return asking
    }
    guard let answer = try await asking.value.get() as? T else {
      preconditionFailure("\"\(question)\" is asked for answers of two types")
    }
    return answer
  }

  private static func outcome<T: Sendable>(_ ask: () async throws(CallError) -> T) async -> Answer {
    do {
      return .success(try await ask())
    } catch {
      return .failure(error)
    }
  }
}
