// SPDX-License-Identifier: Apache-2.0
//
// The operations that the kinds are going to call; each moves to its kind.

// aws: ec2 CreateVpc DeleteVpc DescribeVpcs ModifyVpcAttribute DescribeVpcAttribute
// aws: ec2 CreateSubnet DeleteSubnet DescribeSubnets ModifySubnetAttribute
// aws: ec2 CreateRouteTable DeleteRouteTable DescribeRouteTables AssociateRouteTable DisassociateRouteTable
// aws: ec2 CreateRoute DeleteRoute ReplaceRoute ReplaceRouteTableAssociation
// aws: ec2 CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups
// aws: ec2 AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress
// aws: ec2 RevokeSecurityGroupEgress DescribeSecurityGroupRules ModifySecurityGroupRules
// aws: ec2 UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress
// aws: ec2 CreateVpcEndpoint DeleteVpcEndpoints DescribeVpcEndpoints ModifyVpcEndpoint DescribeVpcEndpointServices
// aws: ec2 DescribeNetworkInterfaces DeleteNetworkInterface DetachNetworkInterface
// aws: ec2 DescribeAvailabilityZones CreateTags DeleteTags DescribeTags DescribePrefixLists DescribeManagedPrefixLists
// aws: iam CreateRole DeleteRole GetRole ListRoles UpdateRole UpdateAssumeRolePolicy
// aws: iam PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
// aws: iam AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
// aws: iam TagRole UntagRole ListRoleTags ListInstanceProfilesForRole
// aws: iam PutRolePermissionsBoundary DeleteRolePermissionsBoundary CreateServiceLinkedRole
// aws: kms CreateKey DescribeKey ListKeys ScheduleKeyDeletion CancelKeyDeletion EnableKey DisableKey UpdateKeyDescription
// aws: kms CreateAlias UpdateAlias DeleteAlias ListAliases GetKeyPolicy PutKeyPolicy
// aws: kms EnableKeyRotation DisableKeyRotation GetKeyRotationStatus TagResource UntagResource ListResourceTags
// aws: logs CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy
// aws: logs AssociateKmsKey DisassociateKmsKey TagResource UntagResource ListTagsForResource
// aws: logs PutLogGroupDeletionProtection
// aws: rds CreateDBCluster ModifyDBCluster DeleteDBCluster DescribeDBClusters FailoverDBCluster
// aws: rds StartDBCluster StopDBCluster RebootDBCluster
// aws: rds CreateDBInstance ModifyDBInstance DeleteDBInstance DescribeDBInstances RebootDBInstance
// aws: rds CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup DescribeDBSubnetGroups
// aws: rds CreateDBParameterGroup ModifyDBParameterGroup DeleteDBParameterGroup DescribeDBParameterGroups
// aws: rds DescribeDBParameters ResetDBParameterGroup
// aws: rds CreateDBClusterParameterGroup ModifyDBClusterParameterGroup DeleteDBClusterParameterGroup
// aws: rds DescribeDBClusterParameterGroups DescribeDBClusterParameters ResetDBClusterParameterGroup
// aws: rds DescribeEngineDefaultParameters DescribeEngineDefaultClusterParameters
// aws: rds AddTagsToResource RemoveTagsFromResource ListTagsForResource DescribeEvents DescribePendingMaintenanceActions
// aws: rds DescribeDBEngineVersions DescribeOrderableDBInstanceOptions EnableHttpEndpoint DisableHttpEndpoint
// aws: rds AddRoleToDBCluster RemoveRoleFromDBCluster
// aws: rds CreateDBClusterSnapshot DeleteDBClusterSnapshot DescribeDBClusterSnapshots
// aws: rds DescribeDBClusterEndpoints DescribeAccountAttributes
// aws: resourcegroupstaggingapi GetResources TagResources UntagResources
// aws: route53 CreateHostedZone DeleteHostedZone GetHostedZone ListHostedZones ListHostedZonesByName ListHostedZonesByVPC
// aws: route53 UpdateHostedZoneComment AssociateVPCWithHostedZone DisassociateVPCFromHostedZone
// aws: route53 ChangeResourceRecordSets ListResourceRecordSets GetChange
// aws: route53 ChangeTagsForResource ListTagsForResource ListTagsForResources
// aws: sts GetCallerIdentity AssumeRole AssumeRoleWithWebIdentity
