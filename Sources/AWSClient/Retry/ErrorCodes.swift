// SPDX-License-Identifier: Apache-2.0

package import Core

/// What AWS's error codes mean to a caller.
///
/// Codes of a service go before common ones, and a common one before the patterns that AWS's naming follows. The codes are
/// those of the service models; EC2 and the query protocol's common errors are not modelled and come from the API references.
package enum ErrorCodes {
  /// What an answer that is an error says: was it carried out, may it be repeated, what is wrong.
  package static func category(
    _ error: ServiceError, of service: String, isRepeatable: Bool
  ) -> CallError.Category {
    if error.isUnreadable { return isRepeatable ? .unavailable : .ambiguous }
    if let category = byService[service]?[error.code] ?? common[error.code] { return category }
    switch error.status {
    case 429: return .throttled
    case 500...: return isRepeatable ? .unavailable : .ambiguous
    case 200..<300: return isRepeatable ? .unavailable : .ambiguous
    // What is elsewhere is not found by asking here again.
    case 300..<400: return .invalid
    default: return byPattern(error.code) ?? byStatus(error.status)
    }
  }

  /// The signature's date is not the server's, or may not be.
  package static let skewedClock: Set<String> = [
    "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
    "SignatureDoesNotMatch", "AuthFailure",
  ]

  /// New credentials may help. EC2 says `RequestExpired` for a token as well as for a date.
  package static let expiredCredentials: Set<String> = [
    "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired",
  ]

  // MARK: Tables

  private static let common: [String: CallError.Category] = [
    "Throttling": .throttled, "ThrottlingException": .throttled, "ThrottledException": .throttled,
    "RequestThrottled": .throttled, "RequestThrottledException": .throttled, "RequestLimitExceeded": .throttled,
    "TooManyRequestsException": .throttled, "TooManyRequests": .throttled, "SlowDown": .throttled,
    "BandwidthLimitExceeded": .throttled, "EC2ThrottledException": .throttled,
    "TransactionInProgressException": .throttled,
    "ProvisionedThroughputExceededException": .throttled, "LimitExceededException": .invalid,

    // Refused before any work: the server says that it cannot take the request on.
    "ServiceUnavailable": .unavailable, "ServiceUnavailableException": .unavailable, "Unavailable": .unavailable,
    "RequestTimeout": .unavailable, "RequestTimeoutException": .unavailable,

    "AccessDenied": .denied, "AccessDeniedException": .denied, "UnauthorizedOperation": .denied, "AuthFailure": .denied,
    "UnauthorizedAccess": .denied, "NotAuthorized": .denied, "NotAuthorizedException": .denied,
    "UnrecognizedClientException": .denied, "InvalidClientTokenId": .denied, "InvalidAccessKeyId": .denied,
    "SignatureDoesNotMatch": .denied, "InvalidSignatureException": .denied, "IncompleteSignature": .denied,
    "IncompleteSignatureException": .denied, "MissingAuthenticationToken": .denied,
    "MissingAuthenticationTokenException": .denied, "ExpiredToken": .denied, "ExpiredTokenException": .denied,
    "RequestExpired": .denied, "RequestTimeTooSkewed": .denied, "RequestInTheFuture": .denied, "OptInRequired": .denied,
    "TokenRefreshRequired": .denied, "InvalidSecurity": .denied, "PendingVerification": .denied, "Blocked": .denied,

    "ConcurrentModification": .conflict, "ConcurrentModificationException": .conflict, "ConflictException": .conflict,
    "ResourceInUseException": .conflict, "ResourceConflictException": .conflict,

    "ResourceNotFoundException": .notFound, "ResourceAlreadyExistsException": .alreadyExists,
    "ValidationError": .invalid, "ValidationException": .invalid, "InvalidAction": .invalid,
    "MalformedQueryString": .invalid,
  ]

  private static let byService: [String: [String: CallError.Category]] = [
    "ec2": [
      "DependencyViolation": .conflict, "IncorrectState": .conflict, "IncorrectInstanceState": .conflict,
      "InvalidState": .conflict, "OperationNotPermitted": .invalid, "ResourceInUse": .conflict,
      // The range is taken, by an earlier call of ours whose answer was lost or by somebody else.
      "InvalidSubnet.Conflict": .alreadyExists, "RouteAlreadyExists": .alreadyExists,
      "Resource.AlreadyAssociated": .alreadyExists, "InvalidGroup.InUse": .conflict,
      "IdempotentParameterMismatch": .invalid, "InvalidParameterValue": .invalid,
      "InsufficientFreeAddressesInSubnet": .invalid, "Server.RequestLimitExceeded": .throttled,
    ],
    "rds": [
      "DBInstanceNotReady": .conflict, "SubnetAlreadyInUse": .conflict, "InvalidRestoreFault": .invalid,
      "InvalidDBSubnetGroupFault": .invalid, "InvalidDBClusterCapacityFault": .invalid,
      "InsufficientDBInstanceCapacity": .unavailable, "InsufficientDBClusterCapacityFault": .unavailable,
      "InsufficientStorageClusterCapacity": .unavailable, "IntegrationConflictOperationFault": .conflict,
      "IamRoleMissingPermissions": .invalid, "KMSKeyNotAccessibleFault": .invalid, "SNSNoAuthorization": .invalid,
      "SubscriptionAlreadyExist": .alreadyExists, "DBProxyTargetAlreadyRegisteredFault": .alreadyExists,
      "InvalidVPCNetworkStateFault": .invalid, "InvalidExportOnly": .invalid,
    ],
    "iam": [
      "NoSuchEntity": .notFound, "EntityAlreadyExists": .alreadyExists, "DeleteConflict": .conflict,
      "EntityTemporarilyUnmodifiable": .conflict, "LimitExceeded": .invalid, "UnmodifiableEntity": .invalid,
      "InvalidAuthenticationCode": .invalid, "NotSupportedService": .invalid, "ReportInProgress": .conflict,
    ],
    "kms": [
      "NotFoundException": .notFound, "AlreadyExistsException": .alreadyExists, "KMSInvalidStateException": .conflict,
      "DisabledException": .conflict, "KeyUnavailableException": .unavailable, "LimitExceededException": .invalid,
      "CloudHsmClusterInUseException": .conflict, "DryRunOperationException": .invalid,
    ],
    // Somebody has changed the function since it was looked at.
    "lambda": ["PreconditionFailedException": .conflict],
    // The limit is on changes of tables that are under way at once.
    "dynamodb": [
      "ContinuousBackupsUnavailableException": .conflict, "LimitExceededException": .conflict,
      "ReplicatedWriteConflictException": .conflict,
    ],
    "logs": ["OperationAbortedException": .conflict, "LimitExceededException": .invalid],
    "route53": [
      "PriorRequestNotComplete": .throttled, "ConflictingDomainExists": .alreadyExists,
      "DelegationSetAlreadyCreated": .alreadyExists, "DelegationSetAlreadyReusable": .alreadyExists,
      "HostedZoneNotEmpty": .conflict, "InvalidChangeBatch": .invalid, "ConflictingTypes": .invalid,
      "HealthCheckVersionMismatch": .conflict, "CidrCollectionVersionMismatchException": .conflict,
    ],
    "s3": [
      "BucketAlreadyOwnedByYou": .alreadyExists, "BucketNotEmpty": .conflict, "OperationAborted": .conflict,
      // The name of a new bucket is not known everywhere yet.
      "TemporaryRedirect": .unavailable,
      // Object lock needs versioning, which was switched on a moment ago, and keeps it on.
      "InvalidBucketState": .conflict, "ServerSideEncryptionConfigurationNotFoundError": .notFound,
      "ObjectLockConfigurationNotFoundError": .notFound, "OwnershipControlsNotFoundError": .notFound,
    ],
    "sns": ["ConcurrentAccess": .conflict, "StaleTag": .conflict, "AuthorizationError": .denied],
    "sqs": [
      "AWS.SimpleQueueService.NonExistentQueue": .notFound, "QueueDoesNotExist": .notFound,
      // The name is free again 60 seconds after the delete.
      "AWS.SimpleQueueService.QueueDeletedRecently": .conflict, "QueueDeletedRecently": .conflict,
      "QueueAlreadyExists": .alreadyExists, "QueueNameExists": .alreadyExists, "OverLimit": .invalid,
    ],
    "sts": [
      "IDPCommunicationError": .unavailable, "IDPRejectedClaim": .denied, "InvalidIdentityToken": .denied,
      "RegionDisabledException": .denied,
    ],
    "secretsmanager": [
      "ResourceExistsException": .alreadyExists, "PreconditionNotMetException": .conflict,
      "EncryptionFailure": .invalid, "DecryptionFailure": .invalid, "InvalidRequestException": .invalid,
    ],
    "backup": [
      "InvalidResourceStateException": .conflict, "InvalidRequestException": .invalid,
      "DependencyFailureException": .unavailable,
    ],
    "resourcegroupstaggingapi": ["PaginationTokenExpiredException": .invalid],
  ]

  // MARK: Patterns

  private static func byPattern(_ code: String) -> CallError.Category? {
    var name = Substring(code)
    for suffix in ["Exception", "Fault"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
    if name.hasPrefix("NoSuch") || name.hasSuffix("NotFound") { return .notFound }
    if name.hasSuffix("AlreadyExists") || name.hasSuffix(".Duplicate") { return .alreadyExists }
    if name.hasPrefix("Throttl") || name.hasSuffix("Throttled") { return .throttled }
    if name.contains("QuotaExceeded") || name.hasSuffix("LimitExceeded") { return .invalid }
    if name.hasSuffix("InUse") { return .conflict }
    if name.hasPrefix("Invalid") && name.hasSuffix("State") { return .conflict }
    return nil
  }

  private static func byStatus(_ status: Int) -> CallError.Category {
    switch status {
    case 401, 403: .denied
    case 404: .notFound
    case 408: .unavailable
    case 409: .conflict
    default: .invalid
    }
  }
}
