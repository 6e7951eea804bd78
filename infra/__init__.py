"""The AWS resources, as a CDK stack."""
