// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import AWSClient

@Suite("Transport: TLS and proxies")
struct TransportSecurityTests {
  private func failure(_ transport: CurlTransport, _ request: HTTPRequest) async throws -> TransportError {
    try await #require(throws: TransportError.self) { try await transport.send(request, within: Deadlines()) }
  }

  private func trusting(_ server: FixtureServer, proxy: String? = nil, noProxy: String? = nil) throws -> CurlTransport {
    try CurlTransport(
      TransportSettings(proxy: proxy, noProxy: noProxy, certificateAuthorities: server.certificate))
  }

  @Test("a certificate of an unknown authority is refused before anything is sent")
  func unknownAuthority() async throws {
    let server = try FixtureServer("--tls")
    let error = try await failure(CurlTransport(), server.request("/x", scheme: "https", body: "secret"))
    #expect(error.cause == .tls)
    #expect(error.progress == .notSent)
    #expect(error.message.contains("AWS_CA_BUNDLE"))
    #expect(try await server.journal().requests == [])
  }

  @Test("the authorities of AWS_CA_BUNDLE are trusted")
  func bundle() async throws {
    let server = try FixtureServer("--tls")
    let response = try await trusting(server).send(server.request("/x", scheme: "https"), within: Deadlines())
    #expect(response.status == 200)
  }

  @Test("a certificate for another name is refused although its authority is trusted")
  func otherName() async throws {
    let server = try FixtureServer("--tls")
    var request = server.request("/x", scheme: "https")
    // An address that leads to the server and is not in its certificate.
    request.host = "127.0.0.2:\(server.port)"
    let error = try await failure(trusting(server), request)
    #expect(error.cause == .tls)
    #expect(error.progress == .notSent)
    #expect(try await server.journal().accepted == 1)
  }

  @Test("a bundle that is not there is named as the cause")
  func missingBundle() async throws {
    let server = try FixtureServer("--tls")
    let transport = try CurlTransport(TransportSettings(certificateAuthorities: "/nonexistent/bundle.pem"))
    let error = try await failure(transport, server.request("/x", scheme: "https"))
    #expect(error.cause == .tls)
    #expect(error.progress == .notSent)
    #expect(error.message.contains("AWS_CA_BUNDLE"))
  }

  @Test("further connections to a host resume its TLS session")
  func sessions() async throws {
    let server = try FixtureServer("--tls")
    let transport = try trusting(server)
    let first = server.request("/ok", scheme: "https")
    _ = try await transport.send(first, within: Deadlines())
    // The answer closes the connection, so the next call needs another.
    _ = try? await transport.send(server.request("/close", scheme: "https"), within: Deadlines())
    _ = try await transport.send(first, within: Deadlines())
    let journal = try await server.journal()
    #expect(journal.accepted >= 2)
    #expect(journal.resumed >= 1)
  }

  @Test("calls share one HTTP/2 connection where it is offered", .enabled(if: FixtureServer.node != nil))
  func http2() async throws {
    let server = try FixtureServer.http2()
    let transport = try trusting(server)
    _ = try await transport.send(server.request("/first", scheme: "https"), within: Deadlines())
    // None of these is answered before all of them have arrived.
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<20 {
        let request = server.request("/gather/20", method: "POST", scheme: "https", body: "\(number)")
        group.addTask { String(decoding: try await transport.send(request, within: Deadlines()).body, as: UTF8.self) }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<20).map { "2.0 \($0)" }))
    #expect(try await server.journal().accepted == 1)
  }

  @Test("https goes through the proxy with CONNECT")
  func proxy() async throws {
    let server = try FixtureServer("--tls")
    let proxy = try FixtureServer("--proxy")
    let transport = try trusting(server, proxy: "http://\(proxy.host)")
    let response = try await transport.send(server.request("/x", scheme: "https"), within: Deadlines())
    #expect(response.status == 200)
    #expect(response.header("content-length") != nil)
    #expect(try await proxy.journal().tunnels == ["CONNECT \(server.host)"])
  }

  @Test("hosts of NO_PROXY are reached directly", arguments: ["127.0.0.1", "localhost,127.0.0.1", "127.0.0.0/8", "*"])
  func noProxy(list: String) async throws {
    let server = try FixtureServer("--tls")
    let proxy = try FixtureServer("--proxy")
    let transport = try trusting(server, proxy: "http://\(proxy.host)", noProxy: list)
    let response = try await transport.send(server.request("/x", scheme: "https"), within: Deadlines())
    #expect(response.status == 200)
    #expect(try await proxy.journal().accepted == 0)
  }

  @Test("plain HTTP to this machine never goes through the proxy")
  func plainPastProxy() async throws {
    let server = try FixtureServer()
    let proxy = try FixtureServer("--proxy")
    let transport = try CurlTransport(TransportSettings(proxy: "http://\(proxy.host)"))
    _ = try await transport.send(server.request("/x"), within: Deadlines())
    #expect(try await proxy.journal().accepted == 0)
  }

  @Test("a proxy that refuses: not sent")
  func refusingProxy() async throws {
    let server = try FixtureServer("--tls")
    let proxy = try FixtureServer("--proxy", "--refuse")
    let transport = try trusting(server, proxy: "http://\(proxy.host)")
    let error = try await failure(transport, server.request("/x", scheme: "https"))
    #expect(error.cause == .proxy)
    #expect(error.progress == .notSent)
    #expect(try await server.journal().accepted == 0)
  }

  @Test("settings come from the variables that curl and AWS's tools read")
  func settingsFromEnvironment() {
    let settings = TransportSettings(environment: [
      "HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2", "NO_PROXY": "a", "AWS_CA_BUNDLE": "/b.pem",
      "HTTP_PROXY": "http://plain:3",
    ])
    #expect(settings.proxy == "http://lower:2")
    #expect(settings.noProxy == "a")
    #expect(settings.certificateAuthorities == "/b.pem")
    #expect(TransportSettings(environment: ["HTTP_PROXY": "http://plain:3"]).proxy == nil)
    #expect(TransportSettings(environment: ["HTTPS_PROXY": ""]).proxy == nil)
  }
}
