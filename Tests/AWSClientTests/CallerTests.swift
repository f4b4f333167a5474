// SPDX-License-Identifier: Apache-2.0

import Core
import Logging
import Testing

@testable import AWSClient

@Suite("Caller")
struct CallerTests {
  private static let ok = HTTPResponse.json("{\"items\":[\"a\"]}")

  private func parts(
    _ transport: any Transport, time: VirtualTime = VirtualTime(), credentials: (any CredentialSource)? = nil,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ) throws -> Caller.Parts {
    var parts = Caller.Parts(
      transport: transport,
      credentials: credentials
        ?? StaticCredentials(Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtn")),
      endpoints: try EndpointResolver(region: "eu-west-1"), logger: logger)
    parts.time = time.source
    parts.random = { 0.5 }
    return parts
  }

  private func call(_ parts: Caller.Parts, _ operation: OperationModel) async throws(CallError) -> Fields {
    var input = Fields(count: operation.input.members.count)
    input.set(0, "x")
    return try await Caller(parts).call(operation, input)
  }

  private func failure(_ parts: Caller.Parts, _ operation: OperationModel) async throws -> CallError {
    try await #require(throws: CallError.self) { try await call(parts, operation) }
  }

  private func date(_ request: HTTPRequest) -> String? {
    request.headers.first { $0.name.lowercased() == "x-amz-date" }?.value
  }

  @Test("a call is encoded, signed for its service and region, and decoded")
  func wholePath() async throws {
    let transport = ScriptedTransport(.success(Self.ok))
    let output = try await call(parts(transport), TestOperations.describe)
    #expect(output[0] == .list([.string("a")]))
    let request = try #require(transport.requests.first)
    #expect(request.host == "logs.eu-west-1.amazonaws.com")
    let authorization = try #require(request.headers.first { $0.name == "Authorization" }?.value)
    #expect(authorization.contains("Credential=AKIDEXAMPLE/20270115/eu-west-1/logs/aws4_request"))
  }

  @Test("a throttled call is repeated until it gets through")
  func throttled() async throws {
    let time = VirtualTime()
    let transport = ScriptedTransport(
      .success(.error("ThrottlingException")), .success(.error("ThrottlingException")), .success(Self.ok))
    var parts = try parts(transport, time: time)
    parts.paces = .unlimited
    _ = try await call(parts, TestOperations.create)
    #expect(transport.requests.count == 3)
    #expect(time.sleeps == [.milliseconds(250), .milliseconds(500)])
    let statistics = try #require(parts.log.statistics["logs CreateThing"])
    #expect(statistics.calls == 1)
    #expect(statistics.attempts == 3)
    #expect(statistics.throttles == 2)
    #expect(statistics.failures == 0)
    #expect(statistics.duration == .milliseconds(750))
  }

  @Test("what never left is repeated, whatever it is")
  func notSent() async throws {
    let transport = ScriptedTransport(.failure(TransportError(.connect, .notSent, "no")), .success(Self.ok))
    _ = try await call(parts(transport), TestOperations.create)
    #expect(transport.requests.count == 2)
  }

  @Test(
    "a change whose answer is lost is not repeated: it is ambiguous",
    arguments: [TransportError.Cause.reset, .timeout, .tooLarge])
  func lostAnswer(cause: TransportError.Cause) async throws {
    let transport = ScriptedTransport(.failure(TransportError(cause, .sent, "gone")))
    let error = try await failure(parts(transport), TestOperations.create)
    #expect(error.category == .ambiguous)
    #expect(error.operation == "logs CreateThing")
    #expect(transport.requests.count == 1)
  }

  @Test("a read whose answer is lost is repeated")
  func lostRead() async throws {
    let transport = ScriptedTransport(.failure(TransportError(.reset, .sent, "gone")), .success(Self.ok))
    _ = try await call(parts(transport), TestOperations.describe)
    #expect(transport.requests.count == 2)
  }

  @Test("a change with a client token is repeated with the same token")
  func clientToken() async throws {
    let transport = ScriptedTransport(
      .failure(TransportError(.reset, .sent, "gone")), .success(.error("InternalFailure", status: 500)),
      .success(Self.ok))
    _ = try await call(parts(transport), TestOperations.createWithToken)
    let tokens = try transport.requests.map { try JSON(parsing: $0.body)["clientToken"]?.string }
    #expect(tokens.count == 3)
    #expect(Set(tokens).count == 1)
    let token = try #require(tokens.first ?? nil)
    #expect(token.count == 36)
    #expect(token.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
  }

  @Test("two calls have different tokens, and a token of the author's stays")
  func tokens() async throws {
    let transport = ScriptedTransport(.success(Self.ok))
    let parts = try parts(transport)
    _ = try await call(parts, TestOperations.createWithToken)
    _ = try await call(parts, TestOperations.createWithToken)
    var input = Fields(count: 2)
    input.set(1, "mine")
    _ = try await Caller(parts).call(TestOperations.createWithToken, input)
    let tokens = try transport.requests.map { try JSON(parsing: $0.body)["clientToken"]?.string }
    #expect(Set(tokens).count == 3)
    #expect(tokens.last == "mine")
  }

  @Test("a change that the server broke down on is ambiguous; a read is repeated")
  func serverError() async throws {
    let change = ScriptedTransport(.success(.error("InternalFailure", status: 500)))
    #expect(try await failure(parts(change), TestOperations.create).category == .ambiguous)
    #expect(change.requests.count == 1)
    let read = ScriptedTransport(.success(.error("InternalFailure", status: 500)))
    #expect(try await failure(parts(read), TestOperations.describe).category == .unavailable)
    #expect(read.requests.count == 5)
  }

  @Test("an answer that cannot be read leaves a change ambiguous")
  func unreadable() async throws {
    let transport = ScriptedTransport(.success(.json("<html>")))
    #expect(try await failure(parts(transport), TestOperations.create).category == .ambiguous)
    #expect(transport.requests.count == 1)
  }

  @Test("a refused signature is told without the request that AWS quotes, and no secret comes out of any message")
  func secretsStay() async throws {
    let credentials = Credentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtn", sessionToken: "FwoGZXIvYXdzEA")
    let quoted = """
      The request signature we calculated does not match the signature you provided.\\n\\n\
      The Canonical String for this request should have been\\n'POST\\n/\\n\\nx-amz-security-token:FwoGZXIvYXdzEA'
      """
    let plain = "what was sent was FwoGZXIvYXdzEA, signed with wJalrXUtn, and that is wrong"
    func told(_ message: String) async throws -> String {
      let answer = HTTPResponse.json(
        "{\"__type\":\"InvalidSignatureException\",\"message\":\"\(message)\"}", status: 403)
      let parts = try parts(ScriptedTransport(.success(answer)), credentials: StaticCredentials(credentials))
      return try await failure(parts, TestOperations.create).message
    }
    #expect(try await told(quoted) == "The request signature we calculated does not match the signature you provided.")
    #expect(
      try await told(plain) == "what was sent was [redacted], signed with [redacted], and that is wrong")
  }

  @Test("a wrong clock is corrected by the server's date, and stays corrected")
  func skew() async throws {
    let time = VirtualTime(start: 1_800_000_000)
    let date = Timestamp(secondsSinceEpoch: 1_800_003_600).text(.rfc822)
    let transport = ScriptedTransport(
      .success(.error("InvalidSignatureException", status: 403, headers: [("Date", date)])), .success(Self.ok))
    let caller = Caller(try parts(transport, time: time))
    _ = try await caller.call(TestOperations.create, Fields(count: 2))
    _ = try await caller.call(TestOperations.create, Fields(count: 2))
    #expect(transport.requests.map { self.date($0) } == ["20270115T080000Z", "20270115T090000Z", "20270115T090000Z"])
    #expect(time.sleeps == [])
  }

  @Test("expired credentials are replaced once and the call goes through")
  func expired() async throws {
    let source = CountingCredentials()
    let transport = ScriptedTransport(.success(.error("ExpiredTokenException")), .success(Self.ok))
    _ = try await call(parts(transport, credentials: source), TestOperations.create)
    let keys = transport.requests.map { request in
      request.headers.first { $0.name == "Authorization" }?.value.contains("Credential=KEY1/")
    }
    #expect(keys == [false, true])
    #expect(await source.rejected == ["KEY0"])
  }

  @Test("credentials that stay expired end the call after one more attempt")
  func stillExpired() async throws {
    let transport = ScriptedTransport(.success(.error("ExpiredTokenException")))
    let error = try await failure(parts(transport, credentials: CountingCredentials()), TestOperations.create)
    #expect(error.category == .denied)
    #expect(transport.requests.count == 2)
  }

  @Test(
    "Retry-After is obeyed",
    arguments: [("Retry-After", "7"), ("x-amzn-RetryAfter", "7"), ("x-amz-retry-after", "7000")])
  func retryAfter(header: String, value: String) async throws {
    let time = VirtualTime()
    let transport = ScriptedTransport(
      .success(.error("ServiceUnavailableException", status: 503, headers: [(header, value)])), .success(Self.ok))
    _ = try await call(parts(transport, time: time), TestOperations.create)
    #expect(time.sleeps == [.seconds(7)])
  }

  @Test("a call that is cancelled before it leaves says so; a change that has left is ambiguous, a read is not")
  func cancelled() async throws {
    let early = ScriptedTransport(.failure(.cancelled(.notSent)))
    #expect(try await failure(parts(early), TestOperations.create).category == .cancelled)
    let late = ScriptedTransport(.failure(.cancelled(.sent)))
    #expect(try await failure(parts(late), TestOperations.create).category == .ambiguous)
    #expect(try await failure(parts(late), TestOperations.describe).category == .cancelled)
    #expect(late.requests.count == 2)
  }

  @Test("a pause ends when the task is cancelled")
  func cancelledPause() async throws {
    let time = VirtualTime(advancesItself: false)
    let transport = ScriptedTransport(.success(.error("ThrottlingException")))
    var parts = try parts(transport, time: time)
    parts.paces = .unlimited
    let caller = Caller(parts)
    let task = Task { try await caller.call(TestOperations.create, Fields(count: 2)) }
    await time.waitForSleepers(1)
    task.cancel()
    let error = try await #require(throws: CallError.self) { try await task.value }
    #expect(error.category == .throttled)
    #expect(transport.requests.count == 1)
  }

  @Test("without credentials nothing is sent")
  func noCredentials() async throws {
    let transport = ScriptedTransport(.success(Self.ok))
    let error = try await failure(parts(transport, credentials: NoCredentials()), TestOperations.create)
    #expect(error.category == .denied)
    #expect(error.code == "NoCredentials")
    #expect(transport.requests.isEmpty)
  }

  @Test("each attempt is one line in the log, without a secret in it")
  func logging() async throws {
    let lines = LogLines()
    var logger = Logger(label: "test") { _ in lines.handler }
    logger.logLevel = .debug
    let transport = ScriptedTransport(.success(.error("ThrottlingException")), .success(Self.ok))
    let credentials = StaticCredentials(
      Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtn", sessionToken: "sessiontoken"))
    _ = try await call(parts(transport, credentials: credentials, logger: logger), TestOperations.create)
    #expect(
      lines.all == [
        "logs CreateThing attempt 1: 400 throttled ThrottlingException in 0 ms (request r-1)",
        "logs CreateThing attempt 2: 200 in 0 ms (request r-1)",
      ])
    for secret in ["AKIDEXAMPLE", "wJalrXUtn", "sessiontoken", "Signature"] {
      #expect(!lines.all.joined().contains(secret))
    }
  }

  @Test("all pages are fetched, in order")
  func pages() async throws {
    let transport = ScriptedTransport(
      .success(.json("{\"items\":[\"a\",\"b\"],\"nextToken\":\"t1\"}")),
      .success(.json("{\"items\":[],\"nextToken\":\"t2\"}")), .success(.json("{\"items\":[\"c\"]}")))
    let caller = Caller(try parts(transport))
    var found: [Document] = []
    var pages = PageSequence(TestOperations.describe, Fields(count: 2))
    while let request = pages.next {
      let page = try await caller.call(TestOperations.describe, request)
      if case .list(let items) = page[0] { found += items }
      try pages.received(page)
    }
    #expect(found == [.string("a"), .string("b"), .string("c")])
    let tokens = try transport.requests.map { try JSON(parsing: $0.body)["nextToken"]?.string }
    #expect(tokens == [nil, "t1", "t2"])
  }

  @Test("a page token that comes back ends the listing instead of going round for ever")
  func repeatedToken() throws {
    var pages = PageSequence(TestOperations.describe, Fields(count: 2))
    var page = Fields(count: 2)
    page.set(1, "same")
    try pages.received(page)
    #expect(pages.next?[1] == .string("same"))
    #expect(throws: CallError.self) { try pages.received(page) }
  }
}

/// Gives another key each time its last one has been rejected.
private actor CountingCredentials: CredentialSource {
  private(set) var rejected: [String] = []

  func credentials() async throws(CallError) -> Credentials {
    Credentials(accessKeyID: "KEY\(rejected.count)", secretAccessKey: "s")
  }

  func reject(_ credentials: Credentials) async {
    rejected.append(credentials.accessKeyID)
  }
}

/// What a logger was told.
final class LogLines: Sendable {
  private let lines = Guarded([String]())

  var all: [String] { lines.withLock { $0 } }
  var handler: any LogHandler { Handler(lines: self) }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.lines.withLock { $0.append("\(event.message)") }
    }
  }
}
