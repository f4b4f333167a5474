// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The fuzz targets: one executable each, with libFuzzer's main. A package of its own because everything in it is built with
// `--sanitize=fuzzer`, the code under test too, which stands here by symbolic links; see run.sh.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A folder `Sources/Fuzz<name>` with the entry point, and what it calls.
let targets: [(name: String, dependencies: [Target.Dependency])] = [
  ("JSON", ["Core"]),
  ("Plan", ["Core", "Engine"]),
  ("Spec", ["Core", "Spec"]),
  ("XML", ["AWSClient"]),
]

let package = Package(
  name: "harecon-fuzz",
  dependencies: [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")],
  targets: [
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
    .target(name: "Core", dependencies: ["CCrypto"], swiftSettings: settings),
    .target(name: "Engine", dependencies: ["Core"], swiftSettings: settings),
    .target(name: "Spec", dependencies: ["Core", "CYAML"], swiftSettings: settings),
    .target(
      name: "AWSClient",
      dependencies: ["CCrypto", "CCurl", "Core", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
  ]
    + targets.map {
      .executableTarget(
        name: "Fuzz\($0.name)", dependencies: $0.dependencies,
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
    }
)
