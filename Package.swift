// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// One section per target with its tests, lowest first. A target imports only what stands above it;
// Tests/ArchitectureTests holds the arrows.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The AWS services that harecon calls. Each has a generated target `AWSAPI<name>`; see `Sources/apigen/Services.swift`.
let services = [
  "Backup", "CloudWatch", "DynamoDB", "EC2", "Events", "FIS", "IAM", "KMS", "Lambda", "Logs", "RDS", "Route53", "S3",
  "STS", "Scheduler", "SecretsManager", "ServiceQuotas", "SNS", "SQS", "Tagging",
]
/// What only applications call, through the replay client.
let applicationServices = ["RDSData"]
let serviceTargets = services.map { Target.Dependency(stringLiteral: "AWSAPI\($0)") }

let package = Package(
  name: "harecon",
  products: [
    .executable(name: "harecon", targets: ["harecon"]),
    .library(name: "ReplayClient", targets: ["ReplayClient"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // MARK: System libraries

    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    // MARK: Core

    .target(name: "Core", dependencies: ["CCrypto"], swiftSettings: settings),
    .testTarget(name: "CoreTests", dependencies: ["Core"], swiftSettings: settings),

    // MARK: AWSClient

    .target(
      name: "AWSClient",
      dependencies: ["CCrypto", "CCurl", "Core", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .testTarget(
      name: "AWSClientTests",
      dependencies: ["APIModel", "AWSClient", "Core", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),

    // MARK: ReplayClient

    // For applications: nothing of harecon itself stands on it.
    .target(
      name: "ReplayClient",
      dependencies: [
        "AWSClient", "Core", "AWSAPIRDSData", "AWSAPISQS", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReplayClientTests",
      dependencies: [
        "AWSClient", "Core", "ReplayClient", "AWSAPIRDSData", "AWSAPISQS",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // MARK: lab-load

    // The lab's application in Swift: a program, since the lab kills its process. Nothing that ships.
    .executableTarget(
      name: "lab-load", dependencies: ["ReplayClient", .product(name: "Logging", package: "swift-log")],
      path: "Tests/Lab/SwiftLoad", swiftSettings: settings),

    // MARK: apigen

    .target(name: "APIModel", dependencies: ["AWSClient", "Core"], swiftSettings: settings),
    .executableTarget(name: "apigen", dependencies: ["APIModel", "AWSClient", "Core"], swiftSettings: settings),
    .testTarget(name: "APIGenTests", dependencies: ["APIModel", "Core", "apigen"], swiftSettings: settings),

    // MARK: ResourceKit

    .target(name: "ResourceKit", dependencies: ["AWSClient", "Core"], swiftSettings: settings),
    .testTarget(name: "ResourceKitTests", dependencies: ["AWSClient", "Core", "ResourceKit"], swiftSettings: settings),

    // MARK: Resources

    .target(
      name: "Resources", dependencies: ["AWSClient", "Core", "ResourceKit"] + serviceTargets, swiftSettings: settings),
    .testTarget(
      name: "ResourcesTests",
      dependencies: ["AWSClient", "Core", "docgen", "ResourceKit", "Resources"] + serviceTargets,
      swiftSettings: settings),

    // MARK: Preflights

    .target(
      name: "Preflights", dependencies: ["AWSClient", "Core", "ResourceKit", "Resources"] + serviceTargets,
      swiftSettings: settings),
    .testTarget(
      name: "PreflightsTests",
      dependencies: ["AWSClient", "Blueprint", "Core", "Preflights", "ResourceKit", "Resources", "Spec"]
        + serviceTargets,
      swiftSettings: settings),

    // MARK: docgen

    .executableTarget(name: "docgen", dependencies: ["Core", "ResourceKit", "Resources"], swiftSettings: settings),

    // MARK: Engine

    .target(name: "Engine", dependencies: ["Core"], swiftSettings: settings),
    .testTarget(
      name: "EngineTests", dependencies: ["Core", "Engine"], exclude: ["Snapshots"], swiftSettings: settings),

    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "AWSClient", "Core", "Engine", "ResourceKit", "Resources", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // MARK: Trail

    .target(name: "Trail", dependencies: ["AWSAPILogs", "AWSClient", "Core", "Engine"], swiftSettings: settings),
    .testTarget(
      name: "TrailTests", dependencies: ["AWSClient", "Core", "Engine", "Trail"], swiftSettings: settings),

    // MARK: Spec

    .target(name: "Spec", dependencies: ["Core", "CYAML"], swiftSettings: settings),
    .testTarget(
      name: "SpecTests", dependencies: ["Core", "Spec"], exclude: ["Fixtures"], swiftSettings: settings),

    // MARK: Functions

    // Beside the Swift stand the Python sources that it embeds.
    .target(name: "Functions", dependencies: ["Core"], path: "Sources/Functions/Archive", swiftSettings: settings),
    .testTarget(name: "FunctionsTests", dependencies: ["Core", "Functions"], swiftSettings: settings),

    // MARK: Blueprint

    .target(
      name: "Blueprint", dependencies: ["Core", "Functions", "ResourceKit", "Resources", "Spec"],
      swiftSettings: settings),
    .testTarget(
      name: "BlueprintTests", dependencies: ["Blueprint", "Core", "Functions", "ResourceKit", "Resources", "Spec"],
      exclude: ["Snapshots"], swiftSettings: settings),

    // MARK: CLI

    .target(
      name: "CLI",
      dependencies: [
        "AWSClient", "Blueprint", "Core", "Engine", "Preflights", "ResourceKit", "Resources", "Spec", "Trail",
        "AWSAPICloudWatch", "AWSAPISTS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .executableTarget(name: "harecon", dependencies: ["CLI"], swiftSettings: settings),
    .testTarget(name: "ArchitectureTests", swiftSettings: settings),
    // Its other sources are those of the fuzz targets.
    .testTarget(
      name: "FuzzCaseTests", dependencies: ["AWSClient", "Core", "Engine", "Spec"], swiftSettings: settings),
  ]
    + (services + applicationServices).map {
      .target(name: "AWSAPI\($0)", dependencies: ["AWSClient"], swiftSettings: settings)
    }
)
