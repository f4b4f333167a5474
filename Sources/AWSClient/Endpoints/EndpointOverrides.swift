// SPDX-License-Identifier: Apache-2.0

package import Core

/// Endpoints that the environment or the shared configuration file names instead of AWS's own.
package struct EndpointOverrides: Sendable, Hashable {
  /// For every service without one of its own.
  private var common: String?
  /// By the service's id as variables spell it: `ROUTE_53`.
  private var byService: [String: String]

  package init(common: String? = nil, byService: [String: String] = [:]) {
    self.common = common
    self.byService = byService
  }

  /// Variables go before the profile, and within each the service's own before the common one:
  /// `AWS_ENDPOINT_URL_<SERVICE_ID>`, `AWS_ENDPOINT_URL`, the profile's `services` section, its `endpoint_url`.
  package init(environment: [String: String], profile: Profile?, services: [String: [String: String]]) {
    self.init()
    let isIgnored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? profile?["ignore_configured_endpoint_urls"]
    guard isIgnored?.lowercased() != "true" else { return }
    common = environment["AWS_ENDPOINT_URL"].nonEmpty ?? profile?["endpoint_url"].nonEmpty
    if environment["AWS_ENDPOINT_URL"].nonEmpty == nil {
      for (service, settings) in services {
        if let url = settings["endpoint_url"].nonEmpty { byService[service.uppercased()] = url }
      }
    }
    let prefix = "AWS_ENDPOINT_URL_"
    for (name, value) in environment where name.hasPrefix(prefix) && !value.isEmpty {
      byService[String(name.dropFirst(prefix.count))] = value
    }
  }

  /// nil when AWS's own is to be used.
  package func endpoint(forServiceID id: String) throws(CallError) -> Endpoint? {
    let key = String(id.uppercased().map { $0 == " " ? "_" : $0 })
    guard let url = byService[key] ?? common else { return nil }
    let shown = Self.shown(url)
    guard let endpoint = Endpoint(url: url) else {
      throw CallError(
        .invalid, code: "InvalidEndpoint",
        message: "the endpoint \"\(shown)\" is no address; write it as \"https://host\" or \"http://127.0.0.1:port\"")
    }
    guard endpoint.scheme == "https" || PlainHTTP.isAllowed(host: endpoint.host) else {
      throw CallError(
        .invalid, code: "InvalidEndpoint",
        message:
          "the endpoint \"\(shown)\" would send credentials' signatures unencrypted; use https, or an address of this machine"
      )
    }
    return endpoint
  }

  /// Without who signs in there, and by what.
  private static func shown(_ url: String) -> String {
    guard let at = url.lastIndex(of: "@") else { return url }
    let scheme = ["https://", "http://"].first { url.hasPrefix($0) } ?? ""
    return scheme + "..." + url[at...]
  }
}

extension Endpoint {
  /// Reads `https://host:port/path`; nil with user information, a query or a fragment, or without a host.
  package init?(url: String) {
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard url.dropFirst(scheme.count).hasPrefix("://") else { return nil }
    let rest = url.dropFirst(scheme.count + 3)
    let host = rest.prefix { $0 != "/" }
    var path = String(rest.dropFirst(host.count))
    while path.last == "/" { path.removeLast() }
    let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3f && $0 != 0x23 && $0 != 0x40 }
    guard scheme == "https" || scheme == "http", !host.isEmpty, host.first != ":", isPlain else { return nil }
    self.init(scheme: scheme, host: String(host), path: path)
  }
}

extension String? {
  /// nil for the empty string too: a variable that is set to nothing counts as not set.
  var nonEmpty: String? { self.flatMap { $0.isEmpty ? nil : $0 } }
}
