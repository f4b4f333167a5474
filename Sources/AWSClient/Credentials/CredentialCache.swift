// SPDX-License-Identifier: Apache-2.0

package import Core

/// Keeps the credentials of a source and replaces them before they expire: one refresh, however many calls wait for it.
package actor CredentialCache: CredentialSource {
  private struct Held {
    var credentials: Credentials
    var schedule: RefreshSchedule
  }

  private let provider: any CredentialProvider
  private let time: TimeSource
  private let random: @Sendable () -> Double
  private var held: Held?
  private var refresh: Task<Result<Credentials, CallError>, Never>?

  init(
    _ provider: any CredentialProvider, time: TimeSource,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.provider = provider
    self.time = time
    self.random = random
  }

  package func credentials() async throws(CallError) -> Credentials {
    guard let held else { return try await refreshed().get() }
    switch held.schedule.decide(at: time.now()) {
    case .use: return held.credentials
    case .refreshSoon:
      // One caller pays for the refresh; the others go on with what is there.
      if refresh != nil { return held.credentials }
    case .refreshFirst: break
    }
    switch await refreshed() {
    case .success(let credentials): return credentials
    case .failure(let error):
      guard let current = self.held, current.schedule.isValid(at: time.now()) else { throw error }
      return current.credentials
    }
  }

  package func reject(_ credentials: Credentials) {
    // Whoever comes late with an old set must not throw away the new one.
    if held?.credentials == credentials { held = nil }
  }

  /// Joins the refresh under way or starts one. It is a task of its own: the caller that started it may be cancelled while
  /// others wait.
  private func refreshed() async -> Result<Credentials, CallError> {
    if let refresh { return await refresh.value }
    let task = Task<Result<Credentials, CallError>, Never> {
      let result = await load()
      settle(result)
      return result
    }
    refresh = task
    return await task.value
  }

  private func load() async -> Result<Credentials, CallError> {
    do {
      switch try await provider.load() {
      case .found(let credentials): return .success(credentials)
      case .absent(let reason):
        return .failure(CallError(.denied, code: "NoCredentials", message: "no AWS credentials found: \(reason)"))
      }
    } catch {
      return .failure(error)
    }
  }

  private func settle(_ result: Result<Credentials, CallError>) {
    refresh = nil
    let now = time.now()
    switch result {
    case .success(let credentials):
      let schedule = RefreshSchedule(expiration: credentials.expiration, received: now, random: random())
      held = Held(credentials: credentials, schedule: schedule)
    case .failure:
      held?.schedule.refreshFailed(at: now)
    }
  }
}
