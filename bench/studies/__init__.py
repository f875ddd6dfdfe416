"""What is measured beyond one run: what a defence is worth, certification, clean speech, training jobs, data check,
listening.
"""
