# The stack's outputs: `null` for those of a pipeline that is left out.

output "function_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "FunctionName", null)
}

output "output_bucket_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "OutputBucketName", null)
}

output "failed_bucket_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "FailedBucketName", null)
}

output "click_stream_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "ClickStreamName", null)
}

output "profiles_table_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "ProfilesTableName", null)
}

output "raw_stream_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "RawStreamName", null)
}

output "products_table_name" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "ProductsTableName", null)
}

output "pipe_failures_url" {
  value = lookup(aws_cloudformation_stack.enrich.outputs, "PipeFailuresUrl", null)
}
