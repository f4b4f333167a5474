// SPDX-License-Identifier: Apache-2.0

import APIModel
import Core
import Foundation
import Testing

@testable import apigen

@Suite("apigen")
struct APIGenTests {
  @Test(
    "AWS's names become Swift's",
    arguments: [
      ("DBClusterIdentifier", "dbClusterIdentifier"), ("VpcId", "vpcId"), ("KmsKeyId", "kmsKeyId"),
      ("KMSKeyId", "kmsKeyId"), ("ARN", "arn"), ("EnableIAMDatabaseAuthentication", "enableIAMDatabaseAuthentication"),
      ("IPProtocol", "ipProtocol"), ("CidrIpv4", "cidrIpv4"), ("AZ", "az"), ("VPCs", "vpcs"), ("EC2Id", "ec2Id"),
      ("nextToken", "nextToken"), ("CreateDBCluster", "createDBCluster"), ("ARNsOnly", "arnsOnly"),
      ("S3Bucket", "s3Bucket"),
    ])
  func names(_ name: String, _ swift: String) {
    #expect(SwiftName.lowerCamel(name) == swift)
  }

  private static let model: JSON = [
    "metadata": ["apiVersion": "1", "endpointPrefix": "p", "protocols": ["smithy-rpc-v2-cbor", "json", "query"]],
    "operations": [
      "MakeThing": [
        "name": "MakeThing", "http": ["method": "POST", "requestUri": "/"], "input": ["shape": "MakeThingRequest"],
        "output": ["shape": "Thing"],
      ],
      "DropThing": ["name": "DropThing"],
    ],
    "shapes": [
      "MakeThingRequest": [
        "type": "structure", "required": ["Name"],
        "members": [
          "ClientToken": ["shape": "Text", "idempotencyToken": true], "default": ["shape": "Flag"],
          "Name": ["shape": "Text"], "Parts": ["shape": "Things"],
        ],
      ],
      "Thing": ["type": "structure", "members": ["ARN": ["shape": "Text"], "Parts": ["shape": "Things"]]],
      "Things": ["type": "list", "member": ["shape": "Thing", "locationName": "item"]],
      "Text": ["type": "string"], "Flag": ["type": "boolean"], "Unused": ["type": "structure", "members": [:]],
    ],
  ]

  private func files(_ operations: Set<String>) throws -> [String: String] {
    try ServiceEmitter(
      Service(folder: "things", name: "Things"), try APIModel(name: "things", model: Self.model), operations: operations
    ).files
  }

  @Test("an input takes what is required first, and the rest may be left out")
  func input() throws {
    let text = try #require(try files(["MakeThing"])["Things+Inputs.swift"])
    #expect(
      text.contains(
        """
          package struct MakeThingInput: InputStructure {
            package var clientToken: String?
            package var `default`: Bool?
            package var name: String?
            package var parts: [Thing]?

            package init(
              name: String,
              clientToken: String? = nil,
              `default`: Bool? = nil,
              parts: [Thing]? = nil
            ) {
        """))
    #expect(text.contains("Member(\"ClientToken\", .string, .idempotencyToken)"))
  }

  @Test("what the model lacks is laid over it, and nothing else changes")
  func additions() throws {
    let additions: JSON = [
      "merge": ["shapes": ["Thing": ["members": ["Age": ["shape": "Age"]]], "Age": ["type": "integer"]]]
    ]
    let model = try APIModel(name: "things", model: Self.model, additions: additions)
    let emitter = try ServiceEmitter(Service(folder: "things", name: "Things"), model, operations: ["MakeThing"])
    let shapes = try #require(emitter.files["Things+Shapes.swift"])
    #expect(shapes.contains("package var age: Int?") && shapes.contains("package var arn: String?"))
    let text = try files(["MakeThing"])["Things+Shapes.swift"]
    #expect(text?.contains("var age") == false)
  }

  @Test("what is sent and received is both, what nothing reaches is not there")
  func reach() throws {
    let files = try files(["MakeThing"])
    #expect(files["Things+Shapes.swift"]?.contains("package struct Thing: InputStructure, OutputStructure {") == true)
    // It holds others of its own kind, and no type can be inferred from itself.
    #expect(files["Things+Shapes.swift"]?.contains("package static let shape: StructureShape = ") == true)
    #expect(!files.values.contains { $0.contains("Unused") || $0.contains("DropThing") })
  }

  @Test("the first protocol that the client speaks is chosen")
  func wireProtocol() throws {
    #expect(try files(["DropThing"])["Things.swift"]?.contains("wireProtocol: .json") == true)
  }

  @Test("an operation that the model does not have is refused")
  func unknownOperation() {
    let error = #expect(throws: ModelError.self) { try files(["MakeThings"]) }
    #expect(error?.description == "things has no operation \"MakeThings\"")
  }

  @Test(
    "a source of a function becomes a literal with the same text",
    arguments: [
      ("plain\n", "#"), ("\"\"\"doc\"\"\"\n", "#"), ("x = \"\"\"#\n", "##"), ("path = '\\#a'\n", "##"), ("\\n\n", "#"),
      ("", "#"),
    ])
  func literals(_ text: String, _ marks: String) {
    #expect(FunctionFiles.literal(text) == "\(marks)\"\"\"\n\(text)\n\"\"\"\(marks)")
  }

  @Test(
    "a function has the name of its folder", arguments: [("health", "health"), ("backup_verifier", "backupVerifier")])
  func functionNames(_ folder: String, _ name: String) {
    #expect(FunctionFiles.camel(folder) == name)
  }

  @Test("the committed files are what the models and the markers say")
  func fresh() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let vectors =
      ProcessInfo.processInfo.environment["HARECON_VECTORS"].map { URL(filePath: $0) }
      ?? root.appending(path: ".build/vectors")
    #expect(try Generation(root: root, models: vectors.appending(path: "models")).stale == [])
  }
}
