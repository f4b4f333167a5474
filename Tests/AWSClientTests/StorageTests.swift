// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

/// What S3 wants otherwise than other services.
@Suite("Storage")
struct StorageTests {
  private static let service = ServiceModel(
    name: "s3", serviceID: "S3", endpointPrefix: "s3", signingName: "s3", wireProtocol: .restXML,
    apiVersion: "2006-03-01")

  private func request(
    _ bucket: String, uri: String = "/{Bucket}?policy", policy: String = "{}", to endpoint: Endpoint
  ) throws -> HTTPRequest {
    let model = OperationModel(
      Self.service, "PutBucketPolicy", method: "PUT", requestURI: uri,
      input: StructureShape(
        "In", [Member("Bucket", .string, in: .uri, .required), Member("Policy", .string)], payload: "Policy"),
      output: StructureShape("Out", []), requiresChecksum: true)
    var input = Fields(count: 2)
    input.set(0, bucket)
    input.set(1, policy)
    return try RequestEncoder.encode(input, for: model, to: endpoint)
  }

  private func destination(_ overrides: EndpointOverrides = EndpointOverrides()) throws -> Endpoint {
    try EndpointResolver(region: "eu-west-1", overrides: overrides).resolve(Self.service).endpoint
  }

  @Test("a bucket goes before AWS's host, and its path begins behind the name")
  func bucketInHost() throws {
    let found = try request("evidence", to: destination())
    #expect(found.host == "evidence.s3.eu-west-1.amazonaws.com")
    #expect(found.path == "/")
    #expect(found.query.map(\.name) == ["policy"])
  }

  @Test("an endpoint of one's own, and a name that certificates do not cover, keep the bucket in the path")
  func bucketInPath() throws {
    let own = try destination(EndpointOverrides(common: "http://127.0.0.1:99/base"))
    let local = try request("evidence", to: own)
    #expect(local.host == "127.0.0.1:99")
    #expect(local.path == "/base/evidence")
    let dotted = try request("evidence.example", to: destination())
    #expect(dotted.host == "s3.eu-west-1.amazonaws.com")
    #expect(dotted.path == "/evidence.example")
  }

  @Test("an empty name is refused and reaches no other operation")
  func noName() throws {
    let error = #expect(throws: CallError.self) { try request("", to: destination()) }
    #expect(error?.category == .invalid)
  }

  @Test("a body that must be checked carries its SHA-256")
  func checksum() throws {
    let found = try request("evidence", policy: "{}", to: destination())
    // printf '{}' | sha256sum | xxd -r -p | base64
    #expect(
      found.headers.filter { $0.name == "x-amz-checksum-sha256" }.map(\.value)
        == ["RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="])
  }

  @Test(
    "what S3 answers is sorted by what to do next",
    arguments: [
      ("PermanentRedirect", 301, CallError.Category.invalid), ("TemporaryRedirect", 307, .unavailable),
      ("BucketNotEmpty", 409, .conflict), ("BucketAlreadyExists", 409, .alreadyExists),
      ("BucketAlreadyOwnedByYou", 409, .alreadyExists), ("InvalidBucketState", 409, .conflict),
      ("NoSuchBucket", 404, .notFound), ("NoSuchTagSet", 404, .notFound), ("AccessDenied", 403, .denied),
      ("OwnershipControlsNotFoundError", 404, .notFound), ("SlowDown", 503, .throttled),
    ])
  func codes(_ code: String, _ status: Int, _ expected: CallError.Category) {
    let error = ServiceError(code: code, message: "", status: status, isUnreadable: false)
    #expect(ErrorCodes.category(error, of: "s3", isRepeatable: true) == expected)
  }
}
