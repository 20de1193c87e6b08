require('./index.js').runAction('preflight')
