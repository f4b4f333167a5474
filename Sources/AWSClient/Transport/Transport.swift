// SPDX-License-Identifier: Apache-2.0

/// Carries one signed request to its host and brings the answer back.
///
/// An implementation never follows redirects, never repeats a request whose bytes may have reached the server, and sends
/// path, query and headers exactly as they are given, since they are signed.
package protocol Transport: Sendable {
  /// Cancelling the task abandons the transfer; the error then says whether anything had been sent.
  func send(_ request: HTTPRequest, within deadlines: Deadlines) async throws(TransportError) -> HTTPResponse
}

/// How long one attempt may take.
package struct Deadlines: Sendable, Hashable {
  /// Name resolution, TCP and TLS together.
  package var connect: Duration
  /// From the start to the last byte of the answer.
  package var total: Duration
  /// Without a byte in either direction.
  package var idle: Duration

  package init(
    connect: Duration = .seconds(5), total: Duration = .seconds(60), idle: Duration = .seconds(30)
  ) {
    self.connect = connect
    self.total = total
    self.idle = idle
  }

  /// For the metadata services, which are one hop away or not there at all.
  package static let metadata = Deadlines(connect: .seconds(1), total: .seconds(2), idle: .seconds(2))
}

/// Why there is no answer, and whether the server may have acted on the request.
package struct TransportError: Error, Sendable, Hashable {
  package enum Progress: String, Sendable, Hashable {
    /// No byte of the request left this machine.
    case notSent
    /// The server may have received it, whole or in part.
    case sent
  }

  package enum Cause: String, Sendable, Hashable, CaseIterable {
    case nameResolution = "NameResolutionFailed"
    case connect = "ConnectFailed"
    case proxy = "ProxyFailed"
    case tls = "TLSFailed"
    case timeout = "Timeout"
    case reset = "ConnectionReset"
    /// The answer was longer than the transport accepts.
    case tooLarge = "ResponseTooLarge"
    /// Refused by the transport itself, for example plain HTTP to a host that is not this machine.
    case refused = "RequestRefused"
    case cancelled = "Cancelled"
  }

  package var progress: Progress
  package var cause: Cause
  /// For people; names the host, never a header or the body.
  package var message: String

  package init(_ cause: Cause, _ progress: Progress, _ message: String) {
    self.cause = cause
    self.progress = progress
    self.message = message
  }
}

/// The way out of this machine, as the caller read it from its environment.
package struct TransportSettings: Sendable, Hashable {
  /// For `https` requests; plain HTTP goes to this machine or its metadata service and never through a proxy.
  package var proxy: String?
  /// Hosts to reach directly, in the form of `NO_PROXY`.
  package var noProxy: String?
  /// A PEM file to trust instead of the system's, as `AWS_CA_BUNDLE` names one.
  package var certificateAuthorities: String?
  /// Bytes of an answer's body.
  package var maximumResponseSize: Int

  package init(
    proxy: String? = nil, noProxy: String? = nil, certificateAuthorities: String? = nil,
    maximumResponseSize: Int = 32 << 20
  ) {
    self.proxy = proxy
    self.noProxy = noProxy
    self.certificateAuthorities = certificateAuthorities
    self.maximumResponseSize = maximumResponseSize
  }

  /// The settings that the AWS command line would take from the same environment; lower case wins, as in curl.
  package init(environment: [String: String]) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    self.init(
      proxy: first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"), noProxy: first("no_proxy", "NO_PROXY"),
      certificateAuthorities: first("AWS_CA_BUNDLE"))
  }
}
