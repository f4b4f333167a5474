// SPDX-License-Identifier: Apache-2.0

import Core
import Logging
import Testing

@testable import AWSClient

@Suite("Refresh of credentials")
struct CredentialCacheTests {
  private func moment(_ seconds: Double) -> Timestamp { Timestamp(secondsSinceEpoch: seconds) }

  @Test("an hour's credentials are replaced in their last quarter of an hour, a few minutes' only near their end")
  func schedule() {
    let hour = RefreshSchedule(expiration: moment(3600), received: moment(0), random: 0)
    #expect(hour.decide(at: moment(0)) == .use)
    #expect(hour.decide(at: moment(2699)) == .use)
    #expect(hour.decide(at: moment(2700)) == .refreshSoon)
    #expect(hour.decide(at: moment(3539)) == .refreshSoon)
    #expect(hour.decide(at: moment(3540)) == .refreshFirst)
    let quarter = RefreshSchedule(expiration: moment(900), received: moment(0), random: 0)
    #expect(quarter.decide(at: moment(600)) == .use)
    #expect(quarter.decide(at: moment(675)) == .refreshSoon)
    #expect(quarter.decide(at: moment(855)) == .refreshFirst)
  }

  @Test("the moment of the refresh is spread out")
  func jitter() {
    let late = RefreshSchedule(expiration: moment(3600), received: moment(0), random: 0)
    let early = RefreshSchedule(expiration: moment(3600), received: moment(0), random: 0.999)
    #expect(late.decide(at: moment(2600)) == .use)
    #expect(early.decide(at: moment(2600)) == .refreshSoon)
  }

  @Test("credentials without an end are never replaced")
  func noExpiration() {
    let schedule = RefreshSchedule(expiration: nil, received: moment(0), random: 0)
    #expect(schedule.decide(at: moment(1e12)) == .use)
    #expect(schedule.isValid(at: moment(1e12)))
  }

  @Test("after a failed refresh the source is left alone for a minute")
  func backOff() {
    var schedule = RefreshSchedule(expiration: moment(3600), received: moment(0), random: 0)
    schedule.refreshFailed(at: moment(2800))
    #expect(schedule.decide(at: moment(2859)) == .use)
    #expect(schedule.decide(at: moment(2860)) == .refreshSoon)
    #expect(schedule.decide(at: moment(3550)) == .refreshFirst)
  }

  @Test("a hundred waiters cause one refresh and get its result")
  func oneRefresh() async throws {
    let provider = GatedProvider()
    let cache = CredentialCache(provider, time: VirtualTime().source, random: { 0 })
    let calls = (0..<100).map { _ in Task { try await cache.credentials().accessKeyID } }
    await provider.waitForLoad()
    await provider.finish(.success(.found(Credentials(accessKeyID: "A", secretAccessKey: "s"))))
    for call in calls { #expect(try await call.value == "A") }
    #expect(await provider.loads == 1)
  }

  @Test("a waiter that is cancelled takes nothing from the others")
  func cancelledWaiter() async throws {
    let provider = GatedProvider()
    let cache = CredentialCache(provider, time: VirtualTime().source, random: { 0 })
    let first = Task { try await cache.credentials().accessKeyID }
    await provider.waitForLoad()
    let second = Task { try await cache.credentials().accessKeyID }
    first.cancel()
    await provider.finish(.success(.found(Credentials(accessKeyID: "A", secretAccessKey: "s"))))
    #expect(try await second.value == "A")
    #expect(await provider.loads == 1)
  }

  @Test("while one caller refreshes early the others go on with what is there")
  func earlyRefresh() async throws {
    let time = VirtualTime(advancesItself: false)
    let provider = GatedProvider()
    let cache = CredentialCache(provider, time: time.source, random: { 0 })
    await provider.answerAtOnce(hour(time, "OLD"))
    #expect(try await cache.credentials().accessKeyID == "OLD")
    time.advance(by: .seconds(3000))
    await provider.close()
    let refreshing = Task { try await cache.credentials().accessKeyID }
    await provider.waitForLoad()
    #expect(try await cache.credentials().accessKeyID == "OLD")
    await provider.finish(.success(hour(time, "NEW")))
    #expect(try await refreshing.value == "NEW")
    #expect(try await cache.credentials().accessKeyID == "NEW")
  }

  @Test("a refresh that fails is no matter while the credentials serve, and an error when they have expired")
  func failedRefresh() async throws {
    let time = VirtualTime(advancesItself: false)
    let provider = GatedProvider()
    let cache = CredentialCache(provider, time: time.source, random: { 0 })
    await provider.answerAtOnce(hour(time, "OLD"))
    _ = try await cache.credentials()
    await provider.failAtOnce(.credentials("the service is down"))
    time.advance(by: .seconds(3000))
    #expect(try await cache.credentials().accessKeyID == "OLD")
    #expect(await provider.loads == 2)
    // Not asked again at once.
    _ = try await cache.credentials()
    #expect(await provider.loads == 2)
    time.advance(by: .seconds(570))
    #expect(try await cache.credentials().accessKeyID == "OLD")
    time.advance(by: .seconds(30))
    let error = await #expect(throws: CallError.self) { try await cache.credentials() }
    #expect(error?.message == "the service is down")
    await provider.answerAtOnce(hour(time, "NEW"))
    #expect(try await cache.credentials().accessKeyID == "NEW")
  }

  @Test("rejected credentials are fetched anew, unless that has happened already")
  func rejection() async throws {
    let time = VirtualTime()
    let provider = GatedProvider()
    let cache = CredentialCache(provider, time: time.source, random: { 0 })
    await provider.answerAtOnce(hour(time, "OLD"))
    let old = try await cache.credentials()
    await provider.answerAtOnce(hour(time, "NEW"))
    await cache.reject(old)
    #expect(try await cache.credentials().accessKeyID == "NEW")
    await cache.reject(old)
    #expect(try await cache.credentials().accessKeyID == "NEW")
    #expect(await provider.loads == 2)
  }

  @Test("nothing found is a refusal that lists where it was looked for")
  func nothingFound() async throws {
    let chain = CredentialChain(
      [
        EnvironmentCredentials([:]), EnvironmentCredentials(["AWS_ACCESS_KEY_ID": ""]),
      ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let cache = CredentialCache(chain, time: VirtualTime().source)
    let error = await #expect(throws: CallError.self) { try await cache.credentials() }
    #expect(error?.category == .denied)
    #expect(error?.code == "NoCredentials")
    #expect(
      error?.message
        == "no AWS credentials found: environment: AWS_ACCESS_KEY_ID is not set; environment: AWS_ACCESS_KEY_ID is not set"
    )
  }

  private func hour(_ time: VirtualTime, _ key: String) -> CredentialLookup {
    .found(
      Credentials(
        accessKeyID: key, secretAccessKey: "s",
        expiration: Timestamp(secondsSinceEpoch: time.source.now().secondsSinceEpoch + 3600)))
  }
}

/// Answers when the test lets it.
private actor GatedProvider: CredentialProvider {
  nonisolated let name = "gate"
  private(set) var loads = 0
  private var ready: Result<CredentialLookup, CallError>?
  private var waiting: CheckedContinuation<Result<CredentialLookup, CallError>, Never>?
  private var watcher: CheckedContinuation<Void, Never>?

  func load() async throws(CallError) -> CredentialLookup {
    loads += 1
    if let ready { return try ready.get() }
    let result: Result<CredentialLookup, CallError> = await withCheckedContinuation {
      waiting = $0
      watcher?.resume()
      watcher = nil
    }
    return try result.get()
  }

  func answerAtOnce(_ lookup: CredentialLookup) { ready = .success(lookup) }
  func failAtOnce(_ error: CallError) { ready = .failure(error) }
  func close() { ready = nil }

  func waitForLoad() async {
    if waiting != nil { return }
    await withCheckedContinuation { watcher = $0 }
  }

  func finish(_ result: Result<CredentialLookup, CallError>) {
    waiting?.resume(returning: result)
    waiting = nil
  }
}
