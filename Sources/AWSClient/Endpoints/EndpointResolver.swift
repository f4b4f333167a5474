// SPDX-License-Identifier: Apache-2.0

package import Core

/// Where the requests of a service go, and for which region they are signed.
package struct Destination: Sendable, Hashable {
  package var endpoint: Endpoint
  package var signingRegion: String

  package init(endpoint: Endpoint, signingRegion: String) {
    self.endpoint = endpoint
    self.signingRegion = signingRegion
  }
}

/// AWS's naming rules for endpoints; tested against botocore's rule sets, service by service and region by region.
package struct EndpointResolver: Sendable {
  package let region: String
  package let partition: Partition
  package let variant: Variant
  fileprivate let overrides: EndpointOverrides

  /// Which kind of endpoint is wanted.
  package struct Variant: Sendable, Hashable {
    /// `AWS_USE_FIPS_ENDPOINT`
    package var usesFIPS: Bool
    /// `AWS_USE_DUALSTACK_ENDPOINT`
    package var usesDualStack: Bool
    /// `AWS_STS_REGIONAL_ENDPOINTS=legacy`: sts at its one old address, where that is still an answer.
    package var usesLegacySTS: Bool

    package init(usesFIPS: Bool = false, usesDualStack: Bool = false, usesLegacySTS: Bool = false) {
      self.usesFIPS = usesFIPS
      self.usesDualStack = usesDualStack
      self.usesLegacySTS = usesLegacySTS
    }
  }

  /// Fails with `invalid` when `region` is in none of the partitions `aws`, `aws-cn` and `aws-us-gov`.
  package init(
    region: String, variant: Variant = Variant(), overrides: EndpointOverrides = EndpointOverrides()
  ) throws(CallError) {
    guard let partition = Partition(region: region) else {
      throw CallError(
        .invalid, code: "UnknownRegion",
        message: "\"\(region)\" is not a region of the partitions aws, aws-cn or aws-us-gov; for example \"us-east-1\"")
    }
    self.region = region
    self.partition = partition
    self.variant = variant
    self.overrides = overrides
  }

  /// Fails with `invalid` when the endpoint that was set for the service cannot be used.
  package func resolve(_ service: ServiceModel) throws(CallError) -> Destination {
    let standard = destination(of: service)
    guard let override = try overrides.endpoint(forServiceID: service.serviceID) else { return standard }
    return Destination(endpoint: override, signingRegion: standard.signingRegion)
  }

  private func destination(of service: ServiceModel) -> Destination {
    switch service.endpointPrefix {
    case "iam": return global("iam", home: iamHome)
    case "route53": return global("route53", home: partition.homeRegion)
    case "sts"
    where variant.usesLegacySTS && partition == .aws && !variant.usesFIPS && !variant.usesDualStack
      && Self.legacySTSRegions.contains(region):
      return Destination(endpoint: Endpoint(host: "sts.amazonaws.com"), signingRegion: "us-east-1")
    case "s3":
      return Destination(endpoint: Endpoint(host: storageHost, namesBuckets: true), signingRegion: region)
    case let prefix: return Destination(endpoint: Endpoint(host: regionalHost(prefix)), signingRegion: region)
    }
  }

  private func regionalHost(_ prefix: String) -> String {
    // Secrets Manager answers over IPv6 at its standard name, but for a FIPS endpoint in China.
    let hasDualStackName = prefix != "secretsmanager" || partition == .china && variant.usesFIPS
    let suffix =
      variant.usesDualStack && hasDualStackName ? partition.dualStackDNSSuffix : partition.dnsSuffix
    // The standard endpoints of these services in GovCloud meet FIPS and have no second name.
    let byThemselves = variant.usesDualStack ? Self.dualStackFIPSInGovCloud : Self.fipsInGovCloud
    let isFIPSByItself = partition == .govCloud && byThemselves.contains(prefix)
    let fips = variant.usesFIPS && !isFIPSByItself ? "-fips" : ""
    return "\(prefix)\(fips).\(region).\(suffix)"
  }

  /// S3 has names of its own for answers over IPv6.
  private var storageHost: String {
    "s3\(variant.usesFIPS ? "-fips" : "")\(variant.usesDualStack ? ".dualstack" : "").\(region).\(partition.dnsSuffix)"
  }

  /// One endpoint for the whole partition, signed for the region where it lives.
  private func global(_ prefix: String, home: String) -> Destination {
    let suffix = variant.usesDualStack ? partition.dualStackDNSSuffix : partition.dnsSuffix
    let fips = variant.usesFIPS ? "-fips" : ""
    let host: String
    switch partition {
    case .govCloud:
      host = "\(prefix).us-gov.\(suffix)"
    case .china where variant.usesFIPS:
      host = "\(prefix)-fips.\(suffix)"
    case .china where prefix == "iam" && !variant.usesDualStack:
      host = "iam.\(home).\(suffix)"
    default:
      host = "\(prefix)\(fips)\(variant.usesDualStack ? ".global" : "").\(suffix)"
    }
    return Destination(endpoint: Endpoint(host: host), signingRegion: home)
  }

  private var iamHome: String {
    partition == .china && !variant.usesFIPS ? "cn-north-1" : partition.homeRegion
  }

  private static let dualStackFIPSInGovCloud: Set<String> = ["events", "monitoring"]
  private static let fipsInGovCloud: Set<String> = [
    "dynamodb", "ec2", "events", "fis", "logs", "monitoring", "oidc", "portal.sso", "rds", "sns", "sqs", "ssm", "sts",
  ]

  /// The regions whose clients went to `sts.amazonaws.com` before each region had an endpoint of its own.
  private static let legacySTSRegions: Set<String> = [
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
  ]
}

extension EndpointResolver {
  /// The same rules in another region.
  func moved(to region: String) throws(CallError) -> EndpointResolver {
    try EndpointResolver(region: region, variant: variant, overrides: overrides)
  }
}
