// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import AWSClient

@Suite("Transport")
struct TransportTests {
  private func failure(
    _ transport: CurlTransport, _ request: HTTPRequest, within deadlines: Deadlines = Deadlines()
  ) async throws -> TransportError {
    try await #require(throws: TransportError.self) { try await transport.send(request, within: deadlines) }
  }

  private func echo(_ response: HTTPResponse) throws -> JSON { try JSON(parsing: response.body) }

  // MARK: What is sent

  @Test("path, query, headers and body arrive byte for byte")
  func exactBytes() async throws {
    let server = try FixtureServer()
    let response = try await CurlTransport().send(
      server.request(
        "/a%2Fb/../c//d%20e", method: "POST", query: [("b", "2%2B"), ("a", ""), ("a", "%C3%A9")],
        headers: [("X-Empty", ""), ("X-Amz-Date", "20260101T000000Z"), ("Content-Type", "application/x-amz-json-1.1")],
        body: "{\"a\":1}"), within: Deadlines())
    let echo = try echo(response)
    #expect(echo["method"] == "POST")
    #expect(echo["target"] == "/a%2Fb/../c//d%20e?b=2%2B&a=&a=%C3%A9")
    #expect(echo["body"] == "{\"a\":1}")
    let headers = Set((echo["headers"]?.array ?? []).compactMap(\.string))
    #expect(
      headers == [
        "Host: \(server.host)", "X-Empty: ", "X-Amz-Date: 20260101T000000Z",
        "Content-Type: application/x-amz-json-1.1", "Content-Length: 7",
      ])
  }

  @Test("each method is sent as it is named", arguments: ["GET", "POST", "PUT", "DELETE", "PATCH"])
  func methods(method: String) async throws {
    let server = try FixtureServer()
    let body = method == "GET" || method == "DELETE" ? "" : "<a/>"
    let echo = try echo(
      await CurlTransport().send(server.request("/x", method: method, body: body), within: Deadlines()))
    #expect(echo["method"] == .string(method))
    #expect(echo["body"] == .string(body))
  }

  @Test("an empty POST says that its length is zero")
  func emptyPost() async throws {
    let server = try FixtureServer()
    let echo = try echo(await CurlTransport().send(server.request("/x", method: "POST"), within: Deadlines()))
    #expect(echo["headers"]?.array?.contains("Content-Length: 0") == true)
  }

  @Test("a large body arrives whole and without asking for leave first")
  func largeBody() async throws {
    let server = try FixtureServer()
    let body = String(repeating: "0123456789", count: 200_000)
    let echo = try echo(
      await CurlTransport().send(server.request("/x", method: "POST", body: body), within: Deadlines()))
    #expect(echo["body"]?.string == body)
    #expect(echo["headers"]?.array?.contains { $0.string?.lowercased().hasPrefix("expect") == true } == false)
  }

  @Test("a header with a line break is refused")
  func headerInjection() async throws {
    let server = try FixtureServer()
    let error = try await failure(CurlTransport(), server.request("/x", headers: [("X", "a\r\nHost: evil")]))
    #expect(error.cause == .refused)
    #expect(error.progress == .notSent)
    #expect(try await server.journal().accepted == 0)
  }

  @Test(
    "plain HTTP goes to this machine and its metadata services only",
    arguments: [
      ("localhost:80", true), ("127.0.0.1", true), ("127.9.9.9:1", true), ("[::1]:8080", true),
      ("169.254.169.254", true), ("169.254.170.2", true), ("169.254.170.23", true), ("[fd00:ec2::254]", true),
      ("example.com", false), ("127.0.0.1.example.com", false), ("10.0.0.1", false), ("169.254.1.1", false),
      ("localhost.example.com", false), ("127.0.0", false),
    ])
  func plainHosts(host: String, isAllowed: Bool) {
    #expect(PlainHTTP.isAllowed(host: host) == isAllowed)
  }

  @Test("plain HTTP to another host is refused before a name is looked up")
  func plainToElsewhere() async throws {
    let request = HTTPRequest(method: "GET", scheme: "http", host: "rds.example.com")
    let error = try await failure(CurlTransport(), request)
    #expect(
      error
        == TransportError(.refused, .notSent, "\"http://rds.example.com\" is not this machine; use an https endpoint"))
  }

  // MARK: What comes back

  @Test("status, headers and body come back, interim answers aside")
  func interimAnswer() async throws {
    let server = try FixtureServer()
    let response = try await CurlTransport().send(server.request("/interim"), within: Deadlines())
    #expect(response.status == 200)
    #expect(response.header("x-late") == "yes")
    #expect(response.header("link") == nil)
    #expect(response.body == Array("late".utf8))
  }

  @Test("a redirect is an answer like any other")
  func redirect() async throws {
    let server = try FixtureServer()
    let response = try await CurlTransport().send(server.request("/redirect"), within: Deadlines())
    #expect(response.status == 302)
    #expect(try await server.journal().requests == ["GET /redirect"])
  }

  @Test("an answer may be as long as the bound and not a byte longer")
  func responseBound() async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport(TransportSettings(maximumResponseSize: 100_000))
    let longest = try await transport.send(server.request("/large", query: [("bytes", "100000")]), within: Deadlines())
    #expect(longest.body.count == 100_000)
    let error = try await failure(transport, server.request("/large", query: [("bytes", "100001")]))
    #expect(error.cause == .tooLarge)
    #expect(error.progress == .sent)
  }

  // MARK: Connections

  @Test("calls one after the other share a connection")
  func reuse() async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport()
    for number in 0..<20 {
      _ = try await transport.send(server.request("/n/\(number)", method: "POST", body: "x"), within: Deadlines())
    }
    let journal = try await server.journal()
    #expect(journal.requests.count == 20)
    #expect(journal.accepted == 1)
  }

  @Test("calls at the same time do not wait for each other")
  func concurrency() async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport()
    let hanging = server.request("/hang")
    let stuck = Task { try await transport.send(hanging, within: Deadlines()) }
    _ = try await server.journal("requests", 1)
    let response = try await transport.send(server.request("/ok"), within: Deadlines())
    #expect(response.status == 200)
    stuck.cancel()
    _ = await stuck.result
  }

  @Test("a changing request is never sent twice, though its kept connection died", arguments: ["POST", "DELETE"])
  func neverTwice(method: String) async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport()
    // A connection that is kept, on which libcurl would by itself repeat what got no answer.
    _ = try await transport.send(server.request("/ok"), within: Deadlines())
    let error = try await failure(
      transport, server.request("/close", method: method, body: method == "POST" ? "Action=CreateVpc" : ""))
    #expect(error.progress == .sent)
    #expect(error.cause == .reset)
    #expect(try await server.journal().requests == ["GET /ok", "\(method) /close"])
  }

  // MARK: Failures

  @Test("a port where nobody listens: not sent")
  func connectionRefused() async throws {
    let port = try FixtureServer().port
    let error = try await failure(
      CurlTransport(), HTTPRequest(method: "POST", scheme: "http", host: "127.0.0.1:\(port)", body: [1]))
    #expect(error.cause == .connect)
    #expect(error.progress == .notSent)
  }

  @Test("a connection that is cut after the request: sent", arguments: ["/reset", "/close", "/half"])
  func cutAfterSending(path: String) async throws {
    let server = try FixtureServer()
    let error = try await failure(CurlTransport(), server.request(path, method: "POST", body: "x"))
    #expect(error.cause == .reset)
    #expect(error.progress == .sent)
  }

  @Test("an answer that does not come by the deadline: sent")
  func totalDeadline() async throws {
    let server = try FixtureServer()
    let deadlines = Deadlines(connect: .seconds(5), total: .milliseconds(200), idle: .seconds(5))
    let error = try await failure(
      CurlTransport(), server.request("/hang", method: "POST", body: "x"), within: deadlines)
    #expect(error.cause == .timeout)
    #expect(error.progress == .sent)
    #expect(try await server.journal("gone", 1).gone == 1)
  }

  @Test("an answer that stops coming is given up before the deadline", .timeLimit(.minutes(2)))
  func idleDeadline() async throws {
    let server = try FixtureServer()
    let deadlines = Deadlines(connect: .seconds(5), total: .seconds(3600), idle: .seconds(1))
    let error = try await failure(CurlTransport(), server.request("/stall"), within: deadlines)
    #expect(error.cause == .timeout)
  }

  @Test("a handshake that is not answered: not sent")
  func connectDeadline() async throws {
    let server = try FixtureServer("--mute")
    let deadlines = Deadlines(connect: .milliseconds(200), total: .seconds(20), idle: .seconds(20))
    let error = try await failure(CurlTransport(), server.request("/x", scheme: "https"), within: deadlines)
    #expect(error.cause == .timeout)
    #expect(error.progress == .notSent)
  }

  // MARK: Cancellation

  @Test("a task that is cancelled before it calls sends nothing")
  func cancelledBefore() async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport()
    let request = server.request("/ok")
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await transport.send(request, within: .patient)
    }
    task.cancel()
    let error = try await #require(throws: TransportError.self) { try await task.value }
    #expect(error.cause == .cancelled)
    #expect(error.progress == .notSent)
    #expect(try await server.journal().accepted == 0)
  }

  @Test("a call that is cancelled during the handshake was not sent")
  func cancelledWhileConnecting() async throws {
    let server = try FixtureServer("--mute")
    let transport = try CurlTransport()
    let request = server.request("/x", scheme: "https")
    let task = Task { try await transport.send(request, within: .patient) }
    _ = try await server.journal("accepted", 1)
    task.cancel()
    let error = try await #require(throws: TransportError.self) { try await task.value }
    #expect(error.cause == .cancelled)
    #expect(error.progress == .notSent)
    #expect(try await server.journal("gone", 1).gone == 1)
  }

  @Test("a call that is cancelled while it waits for the answer was sent, and its connection is closed")
  func cancelledWhileWaiting() async throws {
    let server = try FixtureServer()
    let transport = try CurlTransport()
    let request = server.request("/hang", method: "POST", body: "x")
    let task = Task { try await transport.send(request, within: .patient) }
    _ = try await server.journal("requests", 1)
    task.cancel()
    let error = try await #require(throws: TransportError.self) { try await task.value }
    #expect(error.cause == .cancelled)
    #expect(error.progress == .sent)
    #expect(try await server.journal("gone", 1).gone == 1)
  }

  @Test("a cancellation that overtakes the start of its transfer still ends it")
  func cancellationOvertakes() async throws {
    let server = try FixtureServer()
    let exchange = Exchange(server.request("/hang"), Deadlines())
    let loop = try CurlLoop(TransportSettings())
    let outcome = await withCheckedContinuation { continuation in
      guard exchange.begin(continuation) else { return }
      if exchange.cancel() { loop.cancel(exchange) }
      loop.start(exchange)
    }
    #expect(throws: TransportError.cancelled(.notSent)) { try outcome.get() }
    #expect(try await server.journal().accepted == 0)
    loop.stop()
  }

  @Test("a transport that goes away ends what it has under way")
  func transportGoesAway() async throws {
    let server = try FixtureServer()
    let exchange = Exchange(server.request("/hang"), Deadlines())
    let loop = try CurlLoop(TransportSettings())
    let outcome = Task {
      await withCheckedContinuation { if exchange.begin($0) { loop.start(exchange) } }
    }
    _ = try await server.journal("requests", 1)
    loop.stop()
    let error = await #expect(throws: TransportError.self) { try await outcome.value.get() }
    #expect(error?.cause == .cancelled)
    #expect(error?.progress == .sent)
  }
}

extension Deadlines {
  /// So long that only what the test does can end the call, however busy the machine is.
  fileprivate static let patient = Deadlines(connect: .seconds(600), total: .seconds(600), idle: .seconds(600))
}
