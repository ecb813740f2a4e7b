"""What is said in a call, from datagrams to utterances."""
