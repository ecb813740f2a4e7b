"""What is remembered. Knows the pipeline's vocabulary and nothing else of ours."""
