// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import AWSClient

@Suite("Endpoints")
struct EndpointTests {
  private func service(_ name: String, id: String, prefix: String) -> ServiceModel {
    ServiceModel(
      name: name, serviceID: id, endpointPrefix: prefix, signingName: name, wireProtocol: .query, apiVersion: "1")
  }

  @Test("every endpoint is the one that botocore's rules give")
  func againstBotocore() throws {
    let services = [
      "ec2", "iam", "kms", "logs", "rds", "resourcegroupstaggingapi", "route53", "sts", "sso", "sso-oidc", "cloudwatch",
      "sns", "sqs", "lambda", "events", "scheduler", "secretsmanager", "fis", "backup", "rds-data", "dynamodb", "ssm",
      "s3",
    ]
    let cases = try JSON(parsing: Array(FixturePython.output("endpoints.py", services))).array ?? []
    #expect(cases.count >= services.count * 30 * 4)
    var differences: [String] = []
    for one in cases {
      let region = try #require(one["region"]?.string)
      let model = service(
        try #require(one["service"]?.string), id: try #require(one["serviceID"]?.string),
        prefix: try #require(one["prefix"]?.string))
      let resolver = try EndpointResolver(
        region: region,
        variant: .init(
          usesFIPS: one["fips"] == true, usesDualStack: one["dualStack"] == true, usesLegacySTS: one["legacy"] == true))
      let found = try resolver.resolve(model)
      let url = "\(found.endpoint.scheme)://\(found.endpoint.host)\(found.endpoint.path)"
      if url != one["url"]?.string || found.signingRegion != one["signingRegion"]?.string {
        differences.append("\(one.text()) but \(url) for \(found.signingRegion)")
      }
    }
    #expect(differences == [])
  }

  @Test(
    "a region says which partition it is in",
    arguments: [
      ("us-east-1", "aws"), ("ap-southeast-7", "aws"), ("xx-future-9", "aws"), ("cn-north-1", "aws-cn"),
      ("us-gov-east-1", "aws-us-gov"), ("us-iso-east-1", nil), ("us-isob-east-1", nil), ("eusc-de-east-1", nil),
      ("", nil), ("us-east", nil), ("US-EAST-1", nil), ("us-east-1.evil.com/", nil), ("aws-global", nil),
    ])
  func partitions(region: String, partition: String?) {
    #expect(Partition(region: region)?.name == partition)
  }

  @Test("an unknown region is refused with an example")
  func unknownRegion() {
    let error = #expect(throws: CallError.self) { try EndpointResolver(region: "moon-1") }
    #expect(error?.category == .invalid)
    #expect(error?.message.contains("\"moon-1\"") == true)
  }

  private func endpoint(
    _ service: ServiceModel, _ environment: [String: String], profile: Profile? = nil,
    services: [String: [String: String]] = [:]
  ) throws -> String {
    let resolver = try EndpointResolver(
      region: "eu-west-1",
      overrides: EndpointOverrides(environment: environment, profile: profile, services: services))
    let found = try resolver.resolve(service).endpoint
    return "\(found.scheme)://\(found.host)\(found.path)"
  }

  @Test("endpoints that are set go in AWS's order")
  func overrideOrder() throws {
    let route53 = service("route53", id: "Route 53", prefix: "route53")
    let own = "https://route53.amazonaws.com"
    let profile: Profile = ["endpoint_url": "https://profile"]
    let services = ["route_53": ["endpoint_url": "https://section"]]
    #expect(try endpoint(route53, [:]) == own)
    #expect(try endpoint(route53, [:], profile: profile) == "https://profile")
    #expect(try endpoint(route53, [:], profile: profile, services: services) == "https://section")
    let common = ["AWS_ENDPOINT_URL": "https://common"]
    #expect(try endpoint(route53, common, profile: profile, services: services) == "https://common")
    let specific = common.merging(["AWS_ENDPOINT_URL_ROUTE_53": "http://127.0.0.1:99/base/"]) { $1 }
    #expect(try endpoint(route53, specific, profile: profile, services: services) == "http://127.0.0.1:99/base")
    let rds = service("rds", id: "RDS", prefix: "rds")
    #expect(try endpoint(rds, specific, profile: profile, services: services) == "https://common")
    let ignored = specific.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { $1 }
    #expect(try endpoint(route53, ignored, profile: profile, services: services) == own)
    #expect(
      try endpoint(route53, [:], profile: ["ignore_configured_endpoint_urls": "true", "endpoint_url": "https://x"])
        == own)
  }

  @Test("a global service is signed for its home even at another endpoint")
  func signingRegionOfOverride() throws {
    let resolver = try EndpointResolver(
      region: "eu-west-1", overrides: EndpointOverrides(common: "http://localhost:4566"))
    #expect(try resolver.resolve(service("iam", id: "IAM", prefix: "iam")).signingRegion == "us-east-1")
    #expect(try resolver.resolve(service("rds", id: "RDS", prefix: "rds")).signingRegion == "eu-west-1")
  }

  @Test(
    "an endpoint that cannot be used is refused, with the way out",
    arguments: [
      "http://example.com", "ftp://127.0.0.1", "127.0.0.1:80", "https://", "https://user:pw@host", "https://host?x=1",
      "https://host name", "http://127.0.0.1.example.com",
    ])
  func unusable(url: String) {
    let error = #expect(throws: CallError.self) {
      try endpoint(service("rds", id: "RDS", prefix: "rds"), ["AWS_ENDPOINT_URL": url])
    }
    #expect(error?.category == .invalid)
    #expect(error?.code == "InvalidEndpoint")
  }
}
