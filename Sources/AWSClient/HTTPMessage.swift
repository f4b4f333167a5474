// SPDX-License-Identifier: Apache-2.0

/// One HTTP request, ready to sign and send.
package struct HTTPRequest: Sendable, Hashable {
  package var method: String
  /// `https` or `http`.
  package var scheme: String
  /// With the port when it is not the scheme's own.
  package var host: String
  /// Percent-encoded, starting with a slash.
  package var path: String
  /// Percent-encoded pairs in the order in which they are sent.
  package var query: [(name: String, value: String)]
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(
    method: String, scheme: String, host: String, path: String = "/", query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.scheme = scheme
    self.host = host
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  package static func == (a: HTTPRequest, b: HTTPRequest) -> Bool {
    a.method == b.method && a.scheme == b.scheme && a.host == b.host && a.path == b.path && a.body == b.body
      && a.query.elementsEqual(b.query, by: ==) && a.headers.elementsEqual(b.headers, by: ==)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(method)
    hasher.combine(host)
    hasher.combine(path)
    hasher.combine(body)
  }
}

package struct HTTPResponse: Sendable {
  package var status: Int
  /// Names as they came; compare without case.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name, whatever its case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
