// SPDX-License-Identifier: Apache-2.0

/// Where the requests of one service go.
package struct Endpoint: Sendable, Hashable {
  /// `https`, or `http` for an endpoint override.
  package var scheme: String
  /// With the port when it is not the scheme's own.
  package var host: String
  /// What stands before every request's path: empty, or a slash and more, percent-encoded, with no slash at the end.
  package var path: String
  /// S3: a bucket's name goes before the host, and not into the path.
  package var namesBuckets: Bool

  package init(scheme: String = "https", host: String, path: String = "", namesBuckets: Bool = false) {
    self.scheme = scheme
    self.host = host
    self.path = path
    self.namesBuckets = namesBuckets
  }
}
