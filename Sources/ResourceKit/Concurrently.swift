// SPDX-License-Identifier: Apache-2.0

package import Core

// `async let` and throwing task groups forget the type of what they throw; these keep `CallError`.

extension Sequence where Element: Sendable, Self: Sendable {
  /// The results of one call per element, all under way at once, in the order of the elements.
  ///
  /// The first failure in that order is thrown once all have ended. How many calls really run together is the client's
  /// business (one rate limit per service).
  package func concurrently<T: Sendable>(
    _ call: @escaping @Sendable (Element) async throws(CallError) -> T
  ) async throws(CallError) -> [T] {
    let results = await withTaskGroup(of: (Int, Result<T, CallError>).self) { group in
      for (index, element) in enumerated() {
        group.addTask { (index, await outcome { () async throws(CallError) in try await call(element) }) }
      }
      var results: [(Int, Result<T, CallError>)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }
    }
    var values: [T] = []
    values.reserveCapacity(results.count)
    for (_, result) in results { values.append(try result.get()) }
    return values
  }
}

/// The results of two calls under way at once.
package func both<A: Sendable, B: Sendable>(
  _ first: @escaping @Sendable () async throws(CallError) -> A,
  _ second: @escaping @Sendable () async throws(CallError) -> B
) async throws(CallError) -> (A, B) {
  async let a = outcome(first)
  async let b = outcome(second)
  let results = await (a, b)
  return (try results.0.get(), try results.1.get())
}

/// What a call came to, as a value.
private func outcome<T>(_ call: () async throws(CallError) -> T) async -> Result<T, CallError> {
  do {
    return .success(try await call())
  } catch {
    return .failure(error)
  }
}

/// The call's result, or nil when AWS says that there is no such thing.
package func ifThere<T>(_ call: () async throws(CallError) -> T) async throws(CallError) -> T? {
  do {
    return try await call()
  } catch let error where error.category == .notFound {
    return nil
  }
}
