// SPDX-License-Identifier: Apache-2.0

/// HTTP over libcurl: all transfers of a client on one thread, sharing connections, TLS sessions and resolved names.
package final class CurlTransport: Transport {
  private let loop: CurlLoop

  /// Throws `.refused` when the system has no room for another thread or libcurl does not start.
  package init(_ settings: TransportSettings = TransportSettings()) throws(TransportError) {
    loop = try CurlLoop(settings)
  }

  deinit {
    loop.stop()
  }

  package func send(
    _ request: HTTPRequest, within deadlines: Deadlines
  ) async throws(TransportError) -> HTTPResponse {
    try Self.check(request)
    let exchange = Exchange(request, deadlines)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if exchange.begin(continuation) { loop.start(exchange) }
      }
    } onCancel: {
      if exchange.cancel() { loop.cancel(exchange) }
    }
    return try outcome.get()
  }

  /// What libcurl would send though it must not leave: plain HTTP to a foreign host, a header that smuggles another.
  private static func check(_ request: HTTPRequest) throws(TransportError) {
    switch request.scheme {
    case "https": break
    case "http":
      guard PlainHTTP.isAllowed(host: request.host) else {
        throw TransportError(
          .refused, .notSent, "\"http://\(request.host)\" is not this machine; use an https endpoint")
      }
    default:
      throw TransportError(.refused, .notSent, "\"\(request.scheme)\" is not a scheme that AWS speaks; use https")
    }
    func isClean(_ text: String) -> Bool { !text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f } }
    let target = request.target
    guard !target.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f }), isClean(request.method), isClean(request.host)
    else { throw TransportError(.refused, .notSent, "the request to \"\(request.host)\" has a malformed target") }
    for header in request.headers where !isClean(header.name) || !isClean(header.value) {
      throw TransportError(.refused, .notSent, "the header \"\(header.name)\" holds a control character")
    }
  }
}

extension HTTPRequest {
  /// The path and query as they stand on the request line.
  var target: String {
    guard !query.isEmpty else { return path }
    return path + "?" + query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }
}
