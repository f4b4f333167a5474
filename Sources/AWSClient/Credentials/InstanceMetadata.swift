// SPDX-License-Identifier: Apache-2.0

internal import Core

/// EC2's instance metadata service, version 2.
struct InstanceMetadata: Sendable {
  private let context: ClientContext
  private let requests: MetadataRequests
  /// nil when it is switched off.
  private let endpoint: Endpoint?
  let absence: String

  /// Switched off by `AWS_EC2_METADATA_DISABLED`; elsewhere by `AWS_EC2_METADATA_SERVICE_ENDPOINT`, over IPv6 by
  /// `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6`, or the profile's settings of these names.
  init(_ context: ClientContext) {
    self.context = context
    var deadlines = Deadlines.metadata
    if let seconds =
      (context.variable("AWS_METADATA_SERVICE_TIMEOUT")
      ?? context.profile["metadata_service_timeout"].nonEmpty).flatMap({ Double($0) }), seconds > 0, seconds < 3600
    {
      deadlines = Deadlines(connect: .seconds(seconds), total: .seconds(seconds), idle: .seconds(seconds))
    }
    let attempts =
      (context.variable("AWS_METADATA_SERVICE_NUM_ATTEMPTS")
      ?? context.profile["metadata_service_num_attempts"].nonEmpty).flatMap { Int($0) }
    requests = MetadataRequests(
      context.transport, time: context.settings.time, deadlines: deadlines, attempts: max(1, attempts ?? 1))
    if context.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
      endpoint = nil
      absence = "switched off by AWS_EC2_METADATA_DISABLED"
      return
    }
    let mode =
      context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
      ?? context.profile["ec2_metadata_service_endpoint_mode"].nonEmpty
    let standard = mode?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    endpoint = Endpoint(
      url: context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        ?? context.profile["ec2_metadata_service_endpoint"].nonEmpty ?? standard)
    absence = endpoint == nil ? "its endpoint is no address" : "this is not an EC2 instance"
  }

  /// The text at a path; nil when there is no such service or it does not tell.
  func text(_ path: String, token: String) async throws(TransportError) -> HTTPResponse? {
    guard let endpoint else { return nil }
    return try await requests.send("GET", endpoint, path, [("X-aws-ec2-metadata-token", token)])
  }

  /// A session's token; nil when nobody answers. A token is what keeps a request that was forged elsewhere from being answered.
  func token() async throws(TransportError) -> HTTPResponse? {
    guard let endpoint else { return nil }
    return try await requests.send(
      "PUT", endpoint, "/latest/api/token", [("X-aws-ec2-metadata-token-ttl-seconds", "21600")])
  }

  /// The region of this instance; nil when this is none.
  func region() async -> String? {
    do {
      guard let token = try await token(), token.status == 200,
        let answer = try await text("/latest/meta-data/placement/region", token: token.bodyText), answer.status == 200
      else { return nil }
      return answer.bodyText.nonEmpty
    } catch {
      return nil
    }
  }
}

extension HTTPResponse {
  /// The body as text, without white space around it.
  var bodyText: String { Substring(String(decoding: body, as: UTF8.self)).trimmed }
}

extension String {
  var nonEmpty: String? { isEmpty ? nil : self }
}
