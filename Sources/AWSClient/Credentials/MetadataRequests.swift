// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Small requests to services beside this machine, which speak plain HTTP and JSON and no AWS protocol.
struct MetadataRequests: Sendable {
  private let transport: any Transport
  private let time: TimeSource
  private let deadlines: Deadlines
  private let attempts: Int

  init(_ transport: any Transport, time: TimeSource, deadlines: Deadlines = .metadata, attempts: Int = 3) {
    self.transport = transport
    self.time = time
    self.deadlines = deadlines
    self.attempts = attempts
  }

  /// The last answer, after repeating what went wrong on the other side. All of these requests may be repeated.
  func send(
    _ method: String = "GET", _ endpoint: Endpoint, _ path: String, _ headers: [(name: String, value: String)] = []
  ) async throws(TransportError) -> HTTPResponse {
    let target = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var request = HTTPRequest(
      method: method, scheme: endpoint.scheme, host: endpoint.host,
      path: endpoint.path + (target.first ?? "/"), headers: headers)
    if target.count == 2 {
      request.query = target[1].split(separator: "&").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
      }
    }
    var attempt = 1
    while true {
      do {
        let response = try await transport.send(request, within: deadlines)
        guard response.status >= 500 || response.status == 429, attempt < attempts else { return response }
      } catch {
        guard error.cause != .cancelled, error.cause != .refused, attempt < attempts else { throw error }
      }
      do {
        try await time.sleep(.milliseconds(100 << min(attempt, 6)))
      } catch {
        throw .cancelled(.sent)
      }
      attempt += 1
    }
  }
}
