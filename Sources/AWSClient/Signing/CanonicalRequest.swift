// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A request in the one form in which both sides hash it (Signature Version 4, "create a canonical request").
struct CanonicalRequest {
  let text: String
  /// Names in lower case, sorted, joined by semicolons.
  let signedHeaders: String

  /// What proxies and HTTP clients may change on the way.
  private static let unsignedHeaders: Set<String> = [
    "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
  ]

  init(_ request: HTTPRequest, payloadHash: String, normalizingPath: Bool) {
    let headers = Self.headers(of: request)
    signedHeaders = headers.map(\.name).joined(separator: ";")
    text = [
      request.method,
      normalizingPath ? Self.doubleEncoded(request.path) : (request.path.isEmpty ? "/" : request.path),
      Self.query(of: request),
      headers.map { "\($0.name):\($0.value)\n" }.joined(),
      signedHeaders,
      payloadHash,
    ].joined(separator: "\n")
  }

  var hash: String { Digest.hex(Digest.sha256(text)) }

  /// The path without empty, `.` and `..` segments, encoded once more than it is sent.
  private static func doubleEncoded(_ path: String) -> String {
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment != ".." { segments.append(segment) } else { _ = segments.popLast() }
    }
    let endsInSlash = path.hasSuffix("/") && !segments.isEmpty
    return PercentEncoding.encode("/" + segments.joined(separator: "/") + (endsInSlash ? "/" : ""), keeping: "/")
  }

  private static func query(of request: HTTPRequest) -> String {
    request.query.sorted { a, b in
      a.name == b.name ? bytesPrecede(a.value, b.value) : bytesPrecede(a.name, b.name)
    }
    .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  /// In the order of their names; values of one name in the order in which they are sent.
  private static func headers(of request: HTTPRequest) -> [(name: String, value: String)] {
    var values = ["host": [request.host]]
    for header in request.headers {
      let name = header.name.lowercased()
      if name == "host" || unsignedHeaders.contains(name) { continue }
      values[name, default: []].append(singleSpaced(header.value))
    }
    return values.sorted { bytesPrecede($0.key, $1.key) }.map { ($0.key, $0.value.joined(separator: ",")) }
  }

  private static func singleSpaced(_ value: String) -> String {
    value.unicodeScalars.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }.map(String.init)
      .joined(separator: " ")
  }

  private static func bytesPrecede(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
