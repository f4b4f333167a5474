// SPDX-License-Identifier: Apache-2.0

package import Logging

/// What a client is made from. Nothing in this module reads the environment: it is handed in here.
package struct ClientSettings: Sendable {
  package var environment: [String: String]
  /// Where `.aws` is; nil without a home.
  package var home: String?
  /// The spec's; goes before everything that the environment says.
  package var region: String?
  /// Chosen on the command line; goes before `AWS_PROFILE`.
  package var profile: String?
  /// Asks a person for the code of an MFA device, given its ARN; nil when nobody is there to be asked.
  package var askForCode: (@Sendable (String) async -> String?)?
  package var logger: Logger
  package var time = TimeSource.system
  /// In 0 ..< 1.
  package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
  package var deadlines = Deadlines()
  package var paces: PaceTable?
  package var log = CallLog()
  /// With the version, so that CloudTrail tells who made a call: `harecon/1.2.3`.
  package var userAgent = "harecon"
  /// nil: libcurl, as the environment says.
  package var transport: (any Transport)?

  package init(
    environment: [String: String], home: String?, region: String? = nil, profile: String? = nil, logger: Logger,
    askForCode: (@Sendable (String) async -> String?)? = nil
  ) {
    self.environment = environment
    self.home = home
    self.region = region
    self.profile = profile
    self.logger = logger
    self.askForCode = askForCode
  }

  /// The profile that was asked for by name; nil when it is just `default`.
  var chosenProfile: String? {
    profile.nonEmpty ?? environment["AWS_PROFILE"].nonEmpty ?? environment["AWS_DEFAULT_PROFILE"].nonEmpty
  }
}
