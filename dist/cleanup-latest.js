require('./index.js').runAction('cleanup-latest')
